"""Single faults in valid documents of several types are found, each at its place."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from lxml import etree

from conformance.issue import Issue
from tests.conformance.ccda.faults import ENTRIES, HEADER, Fault
from tests.conformance.ccda.more import FURTHER
from tests.conformance.ccda.summary import DOCUMENTS, SCT, SUMMARY, findings, template
from tests.conformance.ccda.wide import WIDE

T4, CONCERN = template("4.4"), template("4.3")
FAULTS = {**HEADER, **ENTRIES}
_MISSING_IN_OLDER = {
    "no address", "no language", "a section without a title", "a section without text", "a section of another code",
    "a section without its entries", "a vital sign without a unit", "a reference range in words",
}  # fmt: skip
"""What R1.1 doesn't ask, or what isn't known of it."""


def lines(source: str) -> str:
    """The document with each element on a line of its own."""
    return source.replace("><", ">\n<")


def places(source: str, path: str) -> int | None:
    """The line of the element at a path of a finding."""
    steps = path.partition("/@")[0].split("/")[1:]
    node: Any = etree.fromstring(source.encode())
    for step in steps[1:]:
        name, _, number = step.rstrip("]").partition("[")
        node = [each for each in node if etree.QName(each).localname == name.rpartition(":")[2]][int(number or 1) - 1]
    line: int | None = node.sourceline
    return line


def new_findings(clean: str, old: str, new: str) -> tuple[str, tuple[Issue, ...]]:
    """The document with one thing replaced, and what is found in it that wasn't before."""
    source = lines(clean.replace(old, new, 1))
    before = Counter((each.code, each.message) for each in findings(lines(clean)))
    found = []
    for each in findings(source):
        if before[each.code, each.message]:
            before[each.code, each.message] -= 1
        else:
            found.append(each)
    return source, tuple(found)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_valid_document_has_no_error(name: str) -> None:
    assert [each for each in findings(DOCUMENTS[name]) if each.severity == "error"] == []


def check(clean: str, fault: Fault) -> None:
    old, new, code, path = fault
    assert old in clean
    source, found = new_findings(clean, old, new)
    right = [each for each in found if each.code == code and each.at.path.endswith(path)]
    assert right, found
    assert right[0].at.line == places(source, right[0].at.path)
    near = right[0].at.path.rpartition("/")[0].removesuffix("/")
    errors = [each for each in found if each.severity == "error"]
    others = [each for each in errors if not each.at.path.startswith(near) and not near.startswith(each.at.path)]
    assert {each.code for each in others} <= {"CDA-0204"}, others


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_at_its_place(name: str) -> None:
    check(SUMMARY, FAULTS[name])


def test_a_document_of_many_kinds_of_entries_has_no_error() -> None:
    assert [each for each in findings(WIDE) if each.severity == "error"] == []


@pytest.mark.parametrize("name", FURTHER)
def test_a_fault_in_an_entry_of_each_kind_is_found_at_its_place(name: str) -> None:
    check(WIDE, FURTHER[name])


def test_what_r2_1_allows_is_no_error_though_later_versions_ask_otherwise() -> None:
    """A concern of several problems (CONF:1198-9034); an instruction that is an act, in an order."""
    start = SUMMARY.index('<entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN">' + T4)
    end = SUMMARY.index("</entryRelationship>", start) + len("</entryRelationship>")
    again = SUMMARY[start:end].replace('root="1.2.2"', 'root="1.2.3"')
    assert new_findings(SUMMARY, SUMMARY[start:end], SUMMARY[start:end] + again)[1] == ()
    later = DOCUMENTS["Continuity of Care Document 4.0"].replace(CONCERN, CONCERN.replace("2015-08-01", "2024-05-01"))
    assert "CDA-0202" in {each.code for each in new_findings(later, SUMMARY[start:end], SUMMARY[start:end] + again)[1]}
    told = '<entryRelationship typeCode="SUBJ" inversionInd="true"><act classCode="ACT" moodCode="INT">'
    told += template("4.20", "2014-06-09")
    told += f'<code code="409073007" {SCT}/><statusCode code="completed"/></act></entryRelationship></supply>'
    assert [each for each in new_findings(WIDE, "</product></supply>", "</product>" + told)[1]
            if each.severity == "error"] == []  # fmt: skip


def test_messages_name_the_codes_of_small_value_sets() -> None:
    old, new, code, _ = FURTHER["a refusal's reason of nobody"]
    found = [each for each in new_findings(WIDE, old, new)[1] if each.code == code]
    assert "No Immunization Reason: IMMUNE, MEDPREC" in found[0].message


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if DOCUMENTS[name] != SUMMARY])
def test_faults_are_found_in_documents_of_each_type(document: str) -> None:
    old = document.endswith("1.1")
    for name, fault in FAULTS.items():
        if not (old and name in _MISSING_IN_OLDER):
            check(DOCUMENTS[document], fault)


def test_there_are_faults_of_many_kinds() -> None:
    assert len(FAULTS) >= 70
    assert len(FURTHER) >= 60
    assert len({code for _, _, code, _ in FAULTS.values()}) >= 20
