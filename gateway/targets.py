"""What a source is to become: `--to FORMAT` and `--as KIND[@VERSION]`, the same words in CLI, API and routes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, get_args

BundleForm = Literal["message", "transaction", "collection", "document", "ndjson"]
BUNDLE_FORMS: tuple[BundleForm, ...] = get_args(BundleForm)

FORMATS = ("fhir", "hl7v2", "ccda", "csv")
"""Formats that can be written."""
PLANNED: tuple[str, ...] = ()
"""Formats that the command line knows, and that can't be written yet."""

HL7V2_VERSIONS = ("2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.1", "2.8.2")
DEFAULT_HL7V2_VERSION = "2.5.1"

_STRUCTURE = re.compile(r"ADT_A\d\d")


class Misuse(ValueError):  # noqa: N818 (it is what the caller did, not what the data is)
    """What was asked for doesn't exist or doesn't fit together. The text says what to ask for instead."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A named form of a format that has a map of its own."""

    format: str
    label: str
    versions: tuple[str, ...]
    """The default first."""
    structure: str = ""
    """The document type, where the format has several."""


CCDA_RELEASES = ("2.1", "4.0")
"""Releases of C-CDA that are written, the default first."""
CCDA_KINDS = ("ccd", "discharge-summary", "referral-note", "care-plan")

CSV_KINDS: Mapping[str, tuple[str, ...]] = {
    "hmis": ("fy2026", "fy2024"),
    "hsds": ("3.0",),
    **dict.fromkeys(
        ("ny1115", "answers", "ahc", "prapare", "hvs", "wellrx", "referrals", "worklist", "roster", "pantry"), ("",)
    ),
}
"""Kinds of tables that are written, with their versions."""

KINDS: Mapping[str, Kind] = {
    "alerts": Kind("fhir", "alerts", ("1.1.0",)),
    **{name: Kind("ccda", "", CCDA_RELEASES, structure=name) for name in CCDA_KINDS},
    **{name: Kind("csv", "", versions, structure=name) for name, versions in CSV_KINDS.items()},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """`label` names the target side of a map beside the format (`fhir-alerts`); `structure` is HL7 v2's, or an event
    written like one (`ADT_A08`), empty for the one that belongs to the event, C-CDA's document type, or the kind of
    tables."""

    format: str
    label: str = ""
    structure: str = ""
    version: str = ""


def target(to: str | None, as_: str | None = None) -> Target:
    """Misuse for what isn't there, naming what is."""
    if as_:
        found = _kind(as_)
        if to and to != found.format:
            raise Misuse(f"{as_} is a form of {found.format}, not of {to}")
        return found
    if not to:
        raise Misuse(f"say what to make of it: --to {' or '.join(FORMATS)}, or --as {' or '.join(KINDS)}")
    if to in PLANNED:
        raise Misuse(f"{to} can't be written yet; this version writes {' and '.join(FORMATS)}")
    if to not in FORMATS:
        raise Misuse(f"there is no format {to!r}{_near(to, (*FORMATS, *PLANNED))}")
    if to == "ccda":
        return _kind(CCDA_KINDS[0])
    if to == "csv":
        raise Misuse(f"say which kind of tables: --as {' or '.join(CSV_KINDS)}")
    return Target(format=to, version=DEFAULT_HL7V2_VERSION if to == "hl7v2" else "")


def _kind(text: str) -> Target:
    name, _, version = text.partition("@")
    kind = KINDS.get(name)
    if kind:
        chosen = _version(text, version, kind.versions)
        return Target(format=kind.format, label=kind.label, structure=kind.structure, version=chosen)
    if name == "adt" or _STRUCTURE.fullmatch(name):
        chosen = _version(text, version or DEFAULT_HL7V2_VERSION, HL7V2_VERSIONS)
        return Target(format="hl7v2", structure="" if name == "adt" else name, version=chosen)
    known = (*KINDS, "adt", "ADT_A01", "ADT_A03")
    near = f"{_near(name, known)} There" if _near(name, known) else "; there"
    raise Misuse(f"there is no kind {name!r} yet{near} are {', '.join(KINDS)}, adt and ADT_Axx")


def _version(text: str, version: str, known: tuple[str, ...]) -> str:
    if version and version not in known:
        raise Misuse(f"there is no version {version!r} of {text.partition('@')[0]}; known: {', '.join(known)}")
    return version or known[0]


def _near(word: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""
