"""The reference page of issue codes, `docs/issues.md`, made from the catalogue."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.catalogue import Code, areas, codes

AREAS = {
    "V2": "HL7 v2",
    "FHIR": "FHIR resources",
    "JSON": "FHIR JSON",
    "MAP": "Maps and conversion",
    "YAML": "YAML files",
    "PRO": "Profiles",
    "CFG": "Settings",
    "IO": "Files",
    "NET": "Connections and receivers",
    "GW": "The running gateway",
    "PKG": "Packages and terminology",
    "BASE": "Baselines",
    "MOD": "The second opinion on FHIR",
}
"""Headings; an area without one goes by its prefix."""


def issues_page() -> str:
    """Markdown, one section an area, one entry a code."""
    rows = codes()
    sections = [(area, [row for row in rows if row.code.startswith(f"{area}-")]) for area in areas()]
    body = (line for area, found in sections if found for line in _section(area, found))
    return "\n".join((*_HEAD, *body)) + "\n"


_HEAD = (
    "# Issue codes",
    "",
    "Every finding has one of these codes. This page is made from the catalogue (`conformance/catalogue/`) by",
    "`sdoh-gateway doctor --write-docs docs`; a test keeps it up to date, and another fires each code.",
    "",
    "In an OperationOutcome the code stands in `details.coding` with the system `urn:sdoh-gateway:issue`, and *type*",
    "is its `code`. *ERR-3* is the code of HL7 table 0357 that an acknowledgement gives for it.",
    "",
)


def _section(area: str, rows: list[Code]) -> Iterator[str]:
    yield f"## {AREAS.get(area, area)}"
    yield ""
    for row in rows:
        yield from _entry(row)


def _entry(row: Code) -> Iterator[str]:
    yield f"### {row.code}: {row.title}"
    yield ""
    yield f"{row.severity}, type `{row.type}`, ERR-3 {row.err}"
    yield ""
    yield f"> {row.message}"
    yield ""
    yield row.why
    yield ""
    if row.example:
        yield from ("For example:", "", *(f"    {line}" for line in row.example.splitlines()), "")
    if row.spec:
        yield from (f"See <{row.spec}>." if "://" in row.spec else f"See {row.spec}.", "")
