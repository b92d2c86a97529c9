"""How tables are read backwards: by a text, or by system and code of a Coding."""

from __future__ import annotations

from typing import Any


def back_key(value: Any) -> Any:
    """What a table going back looks up: a text, or system and code of a Coding."""
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, dict):
        coding = value["coding"][0] if isinstance(value.get("coding"), list) and value["coding"] else value
        return (coding.get("system"), coding.get("code")) if isinstance(coding, dict) else None
    return value


def back_code(value: Any) -> str | None:
    """The code itself, when the table has no row for it."""
    if isinstance(value, dict):
        key = back_key(value)
        return key[1] if isinstance(key, tuple) else None
    return None if value is None else str(value)
