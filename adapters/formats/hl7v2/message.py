r"""The tree of the HL7 v2 codec: a message of segments, lazily split, in canonical delimiters `|^~\&`.

Fields, repetitions, components and subcomponents are text until somebody asks, and are split by whoever asks.
"""

from __future__ import annotations

from typing import NamedTuple

from conformance.hl7v2.events import structure_of

WIDTH = 80
"""Every index up to this one can be read in `Segment.fields` without a bounds check: IN2 has the most fields, 72."""

_PAD = [""] * (WIDTH + 1)


class Delimiters(NamedTuple):
    """As MSH-1 and MSH-2 declare them; an empty one wasn't declared, so that its character is plain data."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""


class Null(NamedTuple):
    """Where an explicit null `""` stood: 0-based segment, field, 0-based repetition, 1-based component and
    subcomponent (0 for a whole repetition or component)."""

    segment: int
    field: int
    repetition: int = 0
    component: int = 0
    subcomponent: int = 0


class Segment:
    """One segment. `text` has canonical delimiters, escapes undecoded, explicit nulls blanked.

    `index` is the 0-based position among the message's segments, `line` the 1-based line of the source.
    `fields[n]` is HL7 field n (`fields[0]` the name; of MSH, FHS and BHS `fields[1]` is the separator itself).
    """

    __slots__ = ("_fields", "index", "line", "name", "text")

    def __init__(self, name: str, index: int, line: int, text: str) -> None:
        self.name = name
        self.index = index
        self.line = line
        self.text = text
        self._fields: list[str] | None = None

    @property
    def fields(self) -> list[str]:
        fields = self._fields
        if fields is None:
            fields = self._fields = self.text.split("|")
            if self.name in HEADERS:
                fields.insert(1, "|")
            fields += _PAD[len(fields) :]
        return fields

    def __repr__(self) -> str:
        return f"Segment({self.name!r}, index={self.index}, line={self.line})"


HEADERS = frozenset(("MSH", "FHS", "BHS"))
"""Segments whose field 1 is the field separator itself."""


class Message:
    """A parsed message; `raw` is what was read and what an untouched message is written as.

    `charset` is the Python codec that `raw` was read with. `special` is True when anything after MSH-2 holds an
    escape character or an explicit null, so that a reader of clean messages can skip both.
    `version`, `code`, `event` are MSH-12.1, MSH-9.1 and MSH-9.2 (else EVN-1). `structure` is table 0354's for the
    event and version, else MSH-9.3; empty when neither is known.
    """

    __slots__ = (
        "_lines",
        "charset",
        "code",
        "delimiters",
        "event",
        "named",
        "nulls",
        "raw",
        "segments",
        "special",
        "structure",
        "version",
    )
    structure: str
    named: dict[str, list[Segment]]
    _lines: list[str]

    def __init__(
        self,
        raw: bytes,
        segments: list[Segment],
        charset: str = "utf-8",
        delimiters: Delimiters = Delimiters(),  # noqa: B008 (immutable)
        special: bool = False,
        nulls: list[Null] | None = None,
    ) -> None:
        self.raw = raw
        self.segments = segments
        self.charset = charset
        self.delimiters = delimiters
        self.special = special
        self.nulls = nulls or []
        header = segments[0].fields
        kind = header[9].split("~", 1)[0].split("^")
        self.code = kind[0].strip()
        self.event = kind[1].strip() if len(kind) > 1 else ""
        self.version = header[12].split("~", 1)[0].split("^", 1)[0].strip()
        if not self.event:
            event = self.first("EVN")
            self.event = event.fields[1].split("^", 1)[0].strip() if event else ""

    def __getattr__(self, attribute: str) -> object:
        # Reached only while a slot is empty: what a reader of two fields need not pay for.
        if attribute == "structure":
            self.structure = structure_of(self.version, self.event, self.code or "ADT") or self._declared()
            return self.structure
        if attribute == "named":
            self.named = {}
            for segment in self.segments:
                self.named.setdefault(segment.name, []).append(segment)
            return self.named
        if attribute == "_lines":
            text = self.raw.decode(self.charset, errors="replace")
            self._lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            return self._lines
        raise AttributeError(attribute)

    def _declared(self) -> str:
        """MSH-9.3 when it has the form of a structure id, for events that table 0354 doesn't know."""
        kind = self.segments[0].fields[9].split("~", 1)[0].split("^")
        name = kind[2].strip() if len(kind) > 2 else ""
        return name if len(name) == 7 and name[3] == "_" and name.replace("_", "").isalnum() else ""

    def all(self, name: str) -> list[Segment]:
        return self.named.get(name, [])

    def first(self, name: str) -> Segment | None:
        found = self.named.get(name)
        return found[0] if found else None

    def source_line(self, segment: Segment) -> str:
        """The line of the source where a segment begins, delimiters and escapes as sent."""
        line = segment.line - 1
        return self._lines[line].lstrip("\ufeff\x0b") if 0 <= line < len(self._lines) else ""
