"""Issues as the values of ERR segments: HL7 v2.5.1, 2.14.5 (ERR) and table 0357 (message error condition codes)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from conformance.catalogue import code
from conformance.issue import Issue

TABLE_0357: Mapping[str, str] = {
    "0": "Message accepted",
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "104": "Value too long",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "202": "Unsupported processing id",
    "203": "Unsupported version id",
    "204": "Unknown key identifier",
    "205": "Duplicate key identifier",
    "206": "Application record locked",
    "207": "Application internal error",
}

_SEVERITY = {"fatal": "F", "error": "E", "warning": "W", "information": "I"}
"""Table 0516, error severity."""

_ACCEPTED, _INTERNAL = "0", "207"
"""What doesn't stop a message and has no code of its own in the table is no internal error: the message is accepted."""

_PATH = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?(?:-(\d+)(?:\[(\d+)\])?(?:\.(\d+))?(?:\.(\d+))?)?")


def err_values(issue: Issue) -> dict[int, tuple[str, ...]]:
    """Field number to components, unescaped, of the ERR segment for one issue. Never what was found in the data."""
    row = code(issue.code)
    told = _ACCEPTED if row.err == _INTERNAL and issue.severity in ("warning", "information") else row.err
    values = {
        2: location(issue.at.path),
        3: (told, TABLE_0357[told], "HL70357"),
        4: (_SEVERITY[issue.severity],),
        5: (row.code, row.title, "L"),
        8: (issue.message,),
    }
    return {field: components for field, components in values.items() if components}


def location(path: str) -> tuple[str, ...]:
    """ERR-2 (data type ERL) of `OBX[3]-5[1].2`: segment, its number, field, repetition, component, subcomponent."""
    match = _PATH.fullmatch(path)
    if not match:
        return ()
    segment, sequence, field, repetition, component, subcomponent = match.groups()
    parts = (segment, sequence or "1", field, repetition or (field and "1"), component, subcomponent)
    return tuple(part for part in parts if part)
