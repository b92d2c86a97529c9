"""The same message with invented identities, so that one that fails can be shown to others.

Structure is kept to the byte where it can be: delimiters, repetitions, components, lengths, character classes. The same
text becomes the same invented text everywhere in one run, so that identifiers which agreed still agree. Codes, times of
events and organizations stay. What is free text is scrambled whole.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import string
from collections.abc import Callable, Mapping
from typing import Any

Invent = Callable[[str], str]

_KINDS: Mapping[str, frozenset[int]] = {
    "all": frozenset(range(1, 60)),
    "id": frozenset((1,)),
    "name": frozenset((1, 2, 3, 15)),
    "person": frozenset((1, 2, 3, 4)),
    "address": frozenset((1, 2, 3, 5, 8, 9, 10)),
    "phone": frozenset((1, 4, 5, 6, 7, 8, 9, 12)),
}
"""Components of XPN, XCN, XAD, XTN and CX that identify; types, uses and authorities stay."""

_ROWS = """
PID 2 id 3 id 4 id 5 name 6 name 7 all 9 name 11 address 12 all 13 phone 14 phone 18 id 19 all 20 id 21 id 23 all
PID 29 all 40 phone
PD1 4 person
NK1 2 name 4 address 5 phone 6 phone 12 id 16 all 26 name 30 name 31 phone 32 address 33 id 37 all
MRG 1 id 2 id 3 id 4 id 5 id 6 id 7 name
PV1 5 id 7 person 8 person 9 person 17 person 19 id 50 id 52 person
PV2 12 all 13 person
ROL 4 person 11 address 12 phone
GT1 2 id 3 name 4 name 5 address 6 phone 7 phone 8 all 12 all 16 name 17 address 18 phone 19 id
IN1 6 name 7 phone 16 name 18 all 19 address 36 all 49 id
IN2 1 id 2 all 6 all 7 name 8 all 9 name 22 name 25 id 26 id 61 id 63 phone
ACC 3 all 5 all 9 all
DG1 4 all 16 person
PR1 4 all 8 person 11 person 12 person
OBX 16 person
NTE 3 all
EVN 5 person
"""


def _table(rows: str) -> dict[str, dict[int, frozenset[int]]]:
    table: dict[str, dict[int, frozenset[int]]] = {}
    for row in rows.split("\n"):
        segment, *words = row.split() or ("",)
        for number, kind in zip(words[::2], words[1::2], strict=True):
            table.setdefault(segment, {})[int(number)] = _KINDS[kind]
    return table


_FIELDS = _table(_ROWS)
"""Segment, field and components (HL7 v2.8.2) that a person could be known by, or that hold free text."""

_FREE_TEXT = frozenset(("ST", "TX", "FT", "ED", "XPN", "XAD", "XTN", "CX", ""))
"""OBX-2 whose values in OBX-5 are words, not codes or measurements."""

_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})(.*)", re.DOTALL)
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}.*", re.DOTALL)


def inventor(key: bytes) -> Invent:
    """Letters become other letters, digits other digits; an 8-digit date stays a date of its year."""

    def invent(text: str) -> str:
        noise = hmac.new(key, text.strip().casefold().encode("utf-8", "surrogateescape"), hashlib.sha512).digest()
        if date := _DATE.fullmatch(text):
            year, _, _, rest = date.groups()
            return f"{year}{noise[0] % 12 + 1:02}{noise[1] % 28 + 1:02}{rest}"
        if _ISO_DATE.fullmatch(text):
            return f"{text[:4]}-{noise[0] % 12 + 1:02}-{noise[1] % 28 + 1:02}{text[10:]}"
        return "".join(_other(one, noise[place % len(noise)]) for place, one in enumerate(text))

    return invent


def _other(one: str, noise: int) -> str:
    if one in string.ascii_uppercase:
        return string.ascii_uppercase[noise % 26]
    if one in string.ascii_lowercase:
        return string.ascii_lowercase[noise % 26]
    if one.isdigit():
        return str(noise % 10)
    return "éèüöäñçåøí"[noise % 10] if one.isalpha() else one


def hl7v2(raw: bytes, invent: Invent) -> bytes:
    """Works on the lines as sent, so also on a message that can't be parsed."""
    text = raw.decode("utf-8", "surrogateescape")
    at = text.find("MSH")
    marks = text[at + 3 : at + 8] if at >= 0 and len(text) >= at + 8 else "|^~\\&"
    lines = re.split("([\r\n]+)", text)
    return "".join(_line(line, marks, invent) for line in lines).encode("utf-8", "surrogateescape")


def _line(line: str, marks: str, invent: Invent) -> str:
    separator = marks[0]
    name = line[:3]
    if name in ("MSH", "FHS", "BHS", "") or line[3:4] != separator:
        return line
    fields = line.split(separator)
    if name.startswith("Z"):
        return separator.join([name, *(_whole(field, marks, invent) for field in fields[1:])])
    wanted = dict(_FIELDS.get(name, {}))
    if name == "OBX" and len(fields) > 2 and fields[2] in _FREE_TEXT:
        wanted[5] = _KINDS["all"]
    for number, components in wanted.items():
        if number < len(fields):
            fields[number] = _field(fields[number], components, marks, invent)
    return separator.join(fields)


def _whole(field: str, marks: str, invent: Invent) -> str:
    return _field(field, _KINDS["all"], marks, invent)


def _field(field: str, components: frozenset[int], marks: str, invent: Invent) -> str:
    component, repetition, escape, subcomponent = marks[1], marks[2], marks[3], marks[4]
    repeated = []
    for one in field.split(repetition):
        parts = one.split(component)
        for number, part in enumerate(parts, 1):
            if number in components:
                parts[number - 1] = subcomponent.join(_escaped(sub, escape, invent) for sub in part.split(subcomponent))
        repeated.append(component.join(parts))
    return repetition.join(repeated)


def _escaped(text: str, escape: str, invent: Invent) -> str:
    """Escape sequences are structure: only what stands between them is invented. A null stays a null."""
    if text == '""' or not text:
        return text
    pieces = text.split(escape)
    return escape.join(piece if number % 2 else invent(piece) for number, piece in enumerate(pieces))


_FHIR = frozenset(
    (
        *(
            "family",
            "given",
            "prefix",
            "suffix",
            "line",
            "city",
            "postalCode",
            "district",
            "birthDate",
            "deceasedDateTime",
        ),
        *("valueString", "comment", "description", "div", "data", "title", "conclusion"),
    )
)
_FHIR_UNDER = {"name": "text", "address": "text", "telecom": "value", "identifier": "value", "note": "text"}
"""An element that identifies only below a certain other one."""


def fhir(node: Any, invent: Invent, parent: str = "", kind: str = "") -> Any:
    """A JSON tree with the same shape."""
    if isinstance(node, dict):
        here = str(node.get("resourceType", kind))
        return {key: _member(key, value, parent, here, invent) for key, value in node.items()}
    if isinstance(node, list):
        return [fhir(item, invent, parent, kind) for item in node]
    return node


def _member(key: str, value: Any, parent: str, kind: str, invent: Invent) -> Any:
    if key == "div":
        return '<div xmlns="http://www.w3.org/1999/xhtml">scrubbed</div>'
    named = key in _FHIR or _FHIR_UNDER.get(parent) == key
    if named and isinstance(value, str):
        return invent(value)
    if named and isinstance(value, list):
        return [invent(item) if isinstance(item, str) else fhir(item, invent, key, kind) for item in value]
    return fhir(value, invent, key, kind)
