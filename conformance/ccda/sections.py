"""The sections that a document of a type must have, by the version of its template, and those it must not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from conformance.catalogue import issue
from conformance.ccda.library import full, rows
from conformance.ccda.node import Place
from conformance.ccda.templates import version_of
from conformance.issue import Issue


@dataclass(frozen=True, slots=True)
class Sections:
    """A demand on the sections of a document type: one of `sets` must be there with all its codes, or none may be."""

    document: str
    sets: tuple[frozenset[str], ...]
    title: str
    since: str
    until: str
    """The first version that doesn't ask it any more; empty for none."""
    forbidden: bool
    should: bool
    mild: bool
    """Asked by a ballot alone."""
    conf: str


@cache
def demands() -> Mapping[str, tuple[Sections, ...]]:
    """By root of a document's template."""
    found: dict[str, list[Sections]] = {}
    for row in rows("sections.csv"):
        sets = tuple(frozenset(each.split("+")) for each in row["sections"].split("|"))
        kind = row["kind"]
        found.setdefault(full(row["template"]), []).append(
            Sections(
                document=row["name"],
                sets=sets,
                title=row["title"],
                since=row["since"],
                until=row["until"],
                forbidden=kind == "shall not",
                should=kind == "should",
                mild=kind == "ballot",
                conf=row["conf"],
            )
        )
    return {root: tuple(each) for root, each in found.items()}


def check(root: Any, place: Place) -> Iterator[Issue]:
    """The findings of a document; one without a structured body has no sections to look for."""
    bodies = [body for each in root.kids.get("component", ()) for body in each.kids.get("structuredBody", ())]
    if not bodies:
        return
    sections = [
        section
        for body in bodies
        for each in body.kids.get("component", ())
        for section in each.kids.get("section", ())
    ]
    by_code = _by_code(sections)
    for template, said in root.templates.items():
        version = version_of(said)
        for asked in demands().get(template, ()):
            if asked.since <= version and not (asked.until and version >= asked.until):
                yield from _demand(bodies[0], asked, by_code, place)
    for section in sections:
        if "code" not in section.kids:
            yield issue("CDA-0214", place(section, ""))


def _by_code(sections: list[Any]) -> dict[str, Any]:
    """Sections by their codes, those that a translation gives too."""
    found: dict[str, Any] = {}
    for section in sections:
        for code in section.kids.get("code", ()):
            for each in (code, *code.kids.get("translation", ())):
                found.setdefault(each.attributes.get("code", ""), section)
    return found


def _demand(body: Any, asked: Sections, by_code: Mapping[str, Any], place: Place) -> Iterator[Issue]:
    there = [each for each in asked.sets if each <= by_code.keys()]
    codes = " or ".join(" with ".join(sorted(each)) for each in asked.sets)
    words = {"title": asked.title, "code": codes, "document": asked.document}
    found = None
    if asked.forbidden and there:
        found = issue("CDA-0205", place(by_code[min(there[0])], ""), **words)
    elif not asked.forbidden and not there:
        found = issue("CDA-0232" if asked.should else "CDA-0204", place(body, ""), **words)
    if found is not None:
        conf = f" [CONF:{asked.conf}]" if asked.conf else ""
        yield replace(found, message=found.message + conf, severity="warning" if asked.mild else found.severity)
