"""Where in a JSON text a FHIRPath location stands. Computed only when an Issue needs it.

`tokens` lists every value of a text with its JSON path and offsets; `Positions` translates FHIRPath locations
(`Bundle.entry[2].resource.value`) to JSON paths (`entry, 2, resource, valueQuantity`) and these to lines and columns.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from json.decoder import scanstring  # type: ignore[attr-defined]  # the C scanner that json itself uses
from typing import Any

_string: Callable[[str, int], tuple[str, int]] = scanstring
_BLANK = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r"[^ \t\r\n,\]}]*")
_STEP = re.compile(r"([A-Za-z_]\w*)(?:\(([^()]*)\))?(?:\[(\d+)\])?")

JsonPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """A value in a text: its path, where its property name (in an array: the value) begins, and its own extent."""

    path: JsonPath
    key: int
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """Every value in the order of the text, duplicates too. The text has been read by `json.loads` and isn't deep."""
    scan = _Scan(text)
    start = scan.blank(0)
    scan.value(start, start, ())
    return scan.found


class _Scan:
    """One pass over a JSON text. Each method begins at a value or its parts and returns the offset after it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: list[Token] = []

    def value(self, key: int, start: int, path: JsonPath) -> int:
        slot = len(self.found)
        self.found.append(Token(path, key, start, start))
        first = self.text[start]
        if first == "{":
            end = self._members(start + 1, path)
        elif first == "[":
            end = self._items(start + 1, path)
        elif first == '"':
            end = _string(self.text, start + 1)[1]
        else:
            end = self._match(_SCALAR, start)
        self.found[slot] = Token(path, key, start, end)
        return end

    def _members(self, at: int, path: JsonPath) -> int:
        at = self.blank(at)
        while self.text[at] != "}":
            name, end = _string(self.text, at + 1)
            at = self._comma(self.value(at, self.blank(self.blank(end) + 1), (*path, name)))
        return at + 1

    def _items(self, at: int, path: JsonPath) -> int:
        at = self.blank(at)
        index = 0
        while self.text[at] != "]":
            at = self._comma(self.value(at, at, (*path, index)))
            index += 1
        return at + 1

    def _comma(self, at: int) -> int:
        at = self.blank(at)
        return self.blank(at + 1) if self.text[at] == "," else at

    def blank(self, at: int) -> int:
        return self._match(_BLANK, at)

    def _match(self, pattern: re.Pattern[str], at: int) -> int:
        match = pattern.match(self.text, at)
        return match.end() if match else at


class Lines:
    """Offsets of a text to 1-based lines and columns."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def at(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


class Positions:
    """Lines and columns of FHIRPath locations in one text, which must be valid JSON."""

    def __init__(self, text: str) -> None:
        self._root = json.loads(text, parse_int=str, parse_float=str)  # int() refuses more than 4300 digits
        self._lines = Lines(text)
        self._offsets = {token.path: token.key for token in tokens(text)}

    def of(self, location: str) -> tuple[int, int]:
        """Of the location, or of its nearest ancestor that is there: where a missing element should stand."""
        return self._lines.at(self._offsets[json_path(self._root, location)])


def json_path(root: Any, location: str) -> JsonPath:
    """The JSON path of a FHIRPath location, as far as it exists in `root`.

    `Patient.name[0].family`, `Observation.value` or `Observation.value.ofType(Quantity)` for `valueQuantity`,
    `Patient.birthDate.extension[0]` for `_birthDate`. A leading type name is left out.
    """
    path: JsonPath = ()
    steps = _STEP.findall(location)
    for number, (name, argument, index) in enumerate(steps):
        if argument or (number == 0 and name[:1].isupper()):
            continue
        kind = next((one[1] for one in steps[number + 1 : number + 2] if one[0] == "ofType"), "")
        parent = path if isinstance(_at(root, path), dict) else _sibling(path)
        key = _key(_at(root, parent), name, kind)
        if key is None:
            break
        path = (*parent, key)
        members = _at(root, path)
        if isinstance(members, list):
            if int(index or 0) >= len(members):
                break
            path = (*path, int(index or 0))
    return path


def _key(element: Any, name: str, kind: str) -> str | None:
    """The property that FHIRPath calls `name`: itself, its `_` sibling, or a choice (`value` for `valueQuantity`)."""
    if not isinstance(element, dict):
        return None
    known = (name, f"_{name}", f"{name}{kind[:1].upper()}{kind[1:]}")
    choices = (key for key in element if key.startswith(name) and key[len(name) : len(name) + 1].isupper())
    return next((key for key in known if key in element), next(choices, None))


def _at(root: Any, path: JsonPath) -> Any:
    for step in path:
        try:
            root = root[step]
        except (KeyError, IndexError, TypeError):
            return None
    return root


def _sibling(path: JsonPath) -> JsonPath:
    """Where the id and extensions of a primitive stand: `birthDate` to `_birthDate`, `given[1]` to `_given[1]`."""
    at = next((n for n in range(len(path) - 1, -1, -1) if isinstance(path[n], str)), None)
    return () if at is None else (*path[:at], f"_{path[at]}", *path[at + 1 :])
