"""Terminology that a user adds, as FHIR resources: their own CodeSystems and ValueSets, tables, VSAC expansion exports.

A table has a column of codes; the others are found by their headings. VSAC's text exports have some lines on the value
set before the heading, its XML is IHE's SVS (ITI TF-2, 3.48). What holds the codes of one system, and nothing of value
sets, becomes a CodeSystem, else a ValueSet with an expansion.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.catalogue import issue
from conformance.definitions.shape import fault
from conformance.issue import Issue, Result, Where
from conformance.terminology.oids import BY_NAME, BY_OID

Resource = dict[str, Any]

LARGEST = 64 << 20
MOST_ROWS = 1_000_000
_HEAD_WITHIN = 40
"""Lines before which a table's heading must stand."""

_VSAC = "http://cts.nlm.nih.gov/fhir/ValueSet/"
_OID = re.compile(r"(urn:oid:)?(\d{1,10}(?:\.\d{1,40}){2,30})")

_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "code": ("code", "conceptcode"),
    "display": ("descriptor", "display", "displayname", "description", "codedescription"),
    "oid": ("codesystemoid",),
    "system": ("codesystem", "system", "codesystemuri", "codesystemname"),
    "release": ("codesystemversion",),
    "set": ("valuesetoid", "valueseturl", "valueset", "oid"),
    "title": ("valuesetname",),
    "set version": ("definitionversion", "expansionversion", "valuesetversion"),
}
"""What is used of a table, and the headings it goes by: lower case, letters and digits only. The first found counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """What the caller says of a file that doesn't say it itself. `complete`: every code of the system is in it."""

    url: str = ""
    system: str = ""
    version: str = ""
    complete: bool = False


@dataclass(slots=True)
class _Rows:
    """Codes on their way into resources, by value set; `""` is the code system itself."""

    naming: Naming
    source: str
    issues: list[Issue] = field(default_factory=list)
    sets: dict[str, Resource] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)

    def add(self, row: Mapping[str, str], line: int | None) -> None:
        where = Where(source=self.source, line=line)
        code = row.get("code", "")
        system = self._system(row, where)
        if not code or not system:
            problem = "it has no code" if not code else "its code system has neither URI nor OID; name it by --system"
            self.issues.append(issue("PKG-0102", where, problem=problem))
            return
        held = self._holder(row)
        if held is None:
            self.issues.append(issue("PKG-0102", where, problem="it names no value set"))
            return
        concept = {"code": code} | ({"display": row["display"]} if row.get("display") else {})
        if held["resourceType"] == "CodeSystem":
            held["concept"].append(concept)
        else:
            release = {"version": row["release"]} if row.get("release") else {}
            held["expansion"]["contains"].append({"system": system, **release, **concept})

    def _system(self, row: Mapping[str, str], where: Where) -> str:
        for text in (row.get("oid", ""), row.get("system", "")):
            if match := _OID.fullmatch(text):
                return self._of_oid(match[2], where)
            if "://" in text or text.startswith("urn:"):
                return text
            if known := BY_NAME.get(text.lower()):
                return known
        return self.naming.system

    def _of_oid(self, oid: str, where: Where) -> str:
        if oid not in BY_OID and oid not in self.unknown:
            self.unknown.add(oid)
            self.issues.append(issue("PKG-0103", where, oid=oid))
        return BY_OID.get(oid, f"urn:oid:{oid}")

    def _holder(self, row: Mapping[str, str]) -> Resource | None:
        """The resource that a row belongs to."""
        url = self.naming.url or canonical(row.get("set", ""))
        if not url and not self.naming.system:
            return None
        if url not in self.sets:
            self.sets[url] = self._value_set(url, row) if url else self._code_system()
        return self.sets[url]

    def _value_set(self, url: str, row: Mapping[str, str]) -> Resource:
        version = self.naming.version or row.get("set version", "")
        title = {"title": row["title"]} if row.get("title") else {}
        contains: list[Resource] = []
        return {
            **_resource("ValueSet", url, version),
            **title,
            "expansion": {"timestamp": "1970-01-01", "contains": contains},
        }

    def _code_system(self) -> Resource:
        content = "complete" if self.naming.complete else "fragment"
        concepts: list[Resource] = []
        made = _resource("CodeSystem", self.naming.system, self.naming.version)
        return {**made, "content": content, "concept": concepts}

    def result(self) -> Result[tuple[Resource, ...]]:
        if not self.sets:
            failed = issue("PKG-0101", Where(source=self.source), problem="there are no codes in it")
            return Result(value=None, issues=(*self.issues, failed))
        return Result(value=tuple(self.sets.values()), issues=tuple(self.issues))


def _resource(kind: str, url: str, version: str) -> Resource:
    return {"resourceType": kind, "url": url, **({"version": version} if version else {}), "status": "active"}


def canonical(text: str) -> str:
    """A value set's URL: as given, or VSAC's for an OID; empty for what is neither."""
    if match := _OID.fullmatch(text):
        return _VSAC + match[2]
    return text if "://" in text or text.startswith("urn:") else ""


def read(raw: bytes, source: str, naming: Naming | None = None) -> Result[tuple[Resource, ...]]:
    """CodeSystems and ValueSets from a file; None and the reason where there are none in it."""
    naming = naming or Naming()
    if len(raw) > LARGEST:
        return _failed(source, f"it has more than {LARGEST} bytes")
    head = raw[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"{"):
        return _from_json(raw, source)
    if head.startswith(b"<"):
        return _from_xml(raw, source, naming)
    if head.startswith(b"PK"):
        return _failed(source, "it is a workbook or a zip archive; save it as CSV, or export text or XML")
    return _from_table(raw, source, naming)


def _failed(source: str, problem: str, issues: Sequence[Issue] = ()) -> Result[tuple[Resource, ...]]:
    return Result(value=None, issues=(*issues, issue("PKG-0101", Where(source=source), problem=problem)))


def _from_json(raw: bytes, source: str) -> Result[tuple[Resource, ...]]:
    try:
        root = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return _failed(source, "it is not JSON")
    return _of_resource(root, source)


def _of_resource(root: Resource, source: str) -> Result[tuple[Resource, ...]]:
    """A CodeSystem, a ValueSet, or a Bundle of them."""
    entries = root.get("entry") if root.get("resourceType") == "Bundle" else [{"resource": root}]
    listed = entries if isinstance(entries, list) else []
    found = [each.get("resource") for each in listed if isinstance(each, dict)]
    usable = [one for one in found if isinstance(one, dict) and _is_terminology(one)]
    if not usable:
        return _failed(source, "there is no sound CodeSystem or ValueSet with a url in it")
    issues = [issue("PKG-0104", Where(source=source)) for one in usable if _is_partial(one)]
    return Result(value=tuple(map(_by_expansion, usable)), issues=tuple(issues))


def _is_terminology(one: Resource) -> bool:
    url = one.get("url")
    named = one.get("resourceType") in ("CodeSystem", "ValueSet") and isinstance(url, str) and ":" in url
    return named and not fault(one)


def _by_expansion(one: Resource) -> Resource:
    """A ValueSet that was expanded by a server is what the expansion says; its definition may need content that isn't
    here. A part of an expansion is marked as one."""
    expansion = one.get("expansion")
    if one["resourceType"] != "ValueSet" or not isinstance(expansion, dict) or not expansion.get("contains"):
        return one
    if _is_partial(one):
        expansion = {**expansion, "parameter": [{"name": "limitedExpansion", "valueBoolean": True}]}
    return {**{key: value for key, value in one.items() if key != "compose"}, "expansion": expansion}


def _is_partial(one: Resource) -> bool:
    """An expansion of which a server gave one page."""
    expansion = one.get("expansion")
    if not isinstance(expansion, dict) or not isinstance(expansion.get("contains"), list):
        return False
    total = expansion.get("total")
    return bool(expansion.get("offset")) or (isinstance(total, int) and total > _count(expansion["contains"]))


def _count(contains: list[Any]) -> int:
    pending, count = list(contains), 0
    while pending:
        one = pending.pop()
        if isinstance(one, dict):
            count += 1
            inner = one.get("contains")
            pending += inner if isinstance(inner, list) else []
    return count


def _from_xml(raw: bytes, source: str, naming: Naming) -> Result[tuple[Resource, ...]]:
    from conformance.fhir import from_xml
    from conformance.xml import parse

    parsed = parse(raw, source)
    if parsed.value is None:
        return Result(value=None, issues=parsed.issues)
    if str(parsed.value.tag).startswith(from_xml.FHIR):
        made = from_xml.read(raw)
        return _of_resource(made.value or {}, source)
    rows = _Rows(naming, source)
    for row, line in _svs(parsed.value):
        rows.add(row, line)
    return rows.result()


_SVS = "{urn:ihe:iti:svs:2008}"
_CONCEPT = {"code": "code", "display": "displayName", "oid": "codeSystem", "system": "codeSystemName"}


def _svs(root: Any) -> Iterator[tuple[dict[str, str], int | None]]:
    """The concepts of DescribedValueSet (or ValueSet) elements, each with the set it stands in."""
    for one in root.iter(f"{_SVS}DescribedValueSet", f"{_SVS}ValueSet"):
        about = {"set": one.get("ID") or one.get("id") or "", "title": one.get("displayName", "")}
        about["set version"] = one.get("version", "")
        for concept in one.iter(f"{_SVS}Concept"):
            row = {name: concept.get(attribute, "").strip() for name, attribute in _CONCEPT.items()}
            yield {**about, **row, "release": concept.get("codeSystemVersion", "")}, concept.sourceline


def _from_table(raw: bytes, source: str, naming: Naming) -> Result[tuple[Resource, ...]]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _failed(source, "it is not UTF-8")
    lines = text.splitlines()
    found = _heading(lines)
    if found is None:
        return _failed(source, "there is no line of headings with a column Code")
    number, separator, columns, about = found
    rows = _Rows(naming, source)
    reader = csv.reader(lines[number + 1 :], delimiter=separator)
    try:
        for cells in reader:
            row = {name: cells[place].strip() for name, place in columns.items() if place < len(cells)}
            if any(row.values()):
                rows.add({**about, **{key: value for key, value in row.items() if value}}, number + 1 + reader.line_num)
            if reader.line_num > MOST_ROWS:
                return _failed(source, f"it has more than {MOST_ROWS} rows")
    except csv.Error:
        return _failed(source, "a line of it can't be read as CSV")
    return rows.result()


def _heading(lines: Sequence[str]) -> tuple[int, str, dict[str, int], dict[str, str]] | None:
    """Its number, the separator, the columns, and what the lines before it say of the value set."""
    for separator in (",", "\t", "|", ";"):
        about: dict[str, str] = {}
        for number, line in enumerate(lines[:_HEAD_WITHIN]):
            cells = next(csv.reader([line[:10_000]], delimiter=separator), [])
            columns = _columns(cells)
            if "code" in columns:
                return number, separator, columns, about
            about |= _about(cells)
    return None


def _columns(cells: Sequence[str]) -> dict[str, int]:
    plain = [_plain(cell) for cell in cells]
    places = {name: next((plain.index(one) for one in names if one in plain), -1) for name, names in _COLUMNS.items()}
    return {name: place for name, place in places.items() if place >= 0}


def _about(cells: Sequence[str]) -> dict[str, str]:
    """`Value Set Name, Housing` before the heading."""
    if len(cells) < 2 or not cells[1].strip():
        return {}
    plain = _plain(cells[0])
    return {name: cells[1].strip() for name in ("set", "title", "set version") if plain in _COLUMNS[name]}


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text[:100].lower())
