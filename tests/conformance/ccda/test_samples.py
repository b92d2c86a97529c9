"""Documents of HL7 and of vendors: each error is a real defect; `docs/ccda.md` argues the doubtful ones."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from adapters.formats.ccda import FORMAT
from bench.expected_ccda import wrapped
from conformance.issue import Issue

DEFECTS: dict[str, dict[str, int]] = {
    "04": {"CDA-0203": 2},  # planned procedures with the status `new`: it must be active (CONF:1098-31978)
    "09": {"CDA-0227": 2},  # an address without city and street
    "11": {  # times such as `-08`, null flavors that are times, empty performers, elements out of order
        "CDA-0201": 1, "CDA-0204": 1, "CDA-0209": 24, "CDA-0212": 2, "CDA-0213": 1, "CDA-0215": 20, "CDA-0218": 10,
        "CDA-0227": 2,
    },
    "13": {"CDA-0204": 6},  # one section of an operative note's eight
    "14": {"CDA-0204": 6},
    "18": {"CDA-0235": 3},  # an end in the year 1
    "19": {"CDA-0209": 2},  # a time of zeros
    "21": {"CDA-0203": 2},  # the same
    "23": {"CDA-0209": 2},  # an offset of fifty hours
    "24": {"CDA-0204": 5, "CDA-0215": 1, "CDA-0220": 1},  # a body with one empty component, text between elements
    "26": {"CDA-0227": 4},  # addresses without state and postal code
    "32": {"CDA-0235": 3},  # an end in the year 1
    "33": {"CDA-0235": 1},
    "34": {"CDA-0204": 2},  # problems and medications alone, as a CCD
    "37": {"CDA-0209": 1},  # the time 0
    "40": {"CDA-0201": 1},  # no documentationOf
    "43": {"CDA-0227": 1, "CDA-0233": 11, "CDA-0235": 4},  # a postal code that is none; a template on the participant
    "45": {"CDA-0233": 1},  # the indication's template on an act
    "46": {"CDA-0233": 1},
    "47": {"CDA-0233": 1},
    "48": {"CDA-0228": 3},  # ID="#tobaccouse"
}  # fmt: skip
"""By the number of the document: the codes of its errors, and how often."""


def errors(raw: bytes) -> tuple[Issue, ...]:
    document = FORMAT.parse(raw).value
    assert document is not None
    return tuple(each for each in FORMAT.check(document) if each.severity == "error")


def test_every_error_of_the_documents_is_a_defect(shared: Path) -> None:
    found: dict[str, dict[str, int]] = {}
    for path in sorted((shared / "samples" / "ccda" / "documents").glob("*.xml")):
        if counts := Counter(each.code for each in errors(path.read_bytes())):
            found[path.name.partition("_")[0]] = dict(counts)
    assert found == DEFECTS


def test_findings_have_lines_and_paths(shared: Path) -> None:
    for path in (shared / "samples" / "ccda" / "documents").glob("*.xml"):
        document = FORMAT.parse(path.read_bytes()).value
        assert document is not None
        found = FORMAT.check(document)
        assert all(each.at.line and each.at.path.startswith("/ClinicalDocument") for each in found)
        assert [each.at.line for each in found] == sorted(each.at.line or 0 for each in found)


_SKELETONS = ("social_history_section_v3_example", "basic_occupation_observation_example")
"""Entries of which the fragment prints the templates alone; a fragment that isn't well-formed."""
_FRAME = re.compile(r"/ClinicalDocument(/component/structuredBody)?")
_REAL = {
    "characteristics_of_home_environment_example": {"CDA-0208": 1},  # a letter beyond hexadecimal in a UUID
    "intervention_planned_referral_and_note_compl": {"CDA-0208": 1, "CDA-0213": 1},  # `...1.`, playingEntitye
}


def test_every_error_of_the_fragments_is_a_defect(shared: Path) -> None:
    """The frame that they are put into is no valid document."""
    found: dict[str, dict[str, int]] = {}
    for path in sorted((shared / "samples" / "ccda" / "fragments").glob("*.xml")):
        if path.stem not in _SKELETONS:
            raw = wrapped(path.read_text("utf-8-sig"), path.name).encode()
            inside = [each.code for each in errors(raw) if not _FRAME.fullmatch(each.at.path)]
            if counts := Counter(inside):
                found[path.stem] = dict(counts)
    assert found == _REAL
