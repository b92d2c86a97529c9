"""What generated source calls to read a message, and the draft that it writes one into."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import methodcaller
from typing import Any, NamedTuple

from adapters.formats.hl7v2.escapes import decode, encode
from adapters.formats.hl7v2.message import WIDTH, Message, Segment

MISSING: tuple[list[str], int] = ([""] * (WIDTH + 1), -1)
"""Fields and index of a segment that isn't there."""

BLANK: list[list[list[str]]] = [[[""]]]
"""An empty field, as `nested` gives it."""

Holder = Any
"""A Message or a Group: both have `named`, their segments by name, and `all(name)`."""

_ATTACHED = frozenset(("ARV", "PRT", "ROL"))
"""Segments that belong to the one before them, and so don't stand between it and another of them."""


class Group:
    """Consecutive segments that belong together: an IN1 with its IN2 and IN3."""

    __slots__ = ("named", "span")

    def __init__(self, segments: list[Segment]) -> None:
        self.named: dict[str, list[Segment]] = {}
        for segment in segments:
            self.named.setdefault(segment.name, []).append(segment)
        self.span = range(segments[0].index, segments[-1].index + 1)

    def all(self, name: str) -> list[Segment]:
        return self.named.get(name, [])


def groups(message: Message, holder: Holder, lead: str, members: frozenset[str]) -> Iterator[Group]:
    """The groups that begin with `lead` and go on with their members; a Z segment stays with what it follows."""
    segments = message.segments
    for head in holder.all(lead):
        end = head.index + 1
        while end < len(segments) and segments[end].name != lead:
            name = segments[end].name
            if name not in members and not name.startswith("Z"):
                break
            end += 1
        yield Group(segments[head.index : end])


def following(message: Message, segment: Segment, leads: tuple[str, ...]) -> bool:
    """True when the nearest segment before this one, apart from ARV, PRT, ROL and Z segments, is one of `leads`."""
    for before in reversed(message.segments[: segment.index]):
        if before.name != segment.name and before.name not in _ATTACHED and not before.name.startswith("Z"):
            return before.name in leads
    return False


def repeated(fields: list[str], number: int) -> Iterator[tuple[int, list[str]]]:
    """A segment's fields once for each repetition (counted from 0) of one of them, as if it had that one alone."""
    items = [(at, item) for at, item in enumerate(fields[number].split("~")) if item]
    if len(items) < 2:
        yield (items[0][0] if items else 0), fields
        return
    for at, item in items:
        yield at, [*fields[:number], item, *fields[number + 1 :]]


def repetition(text: str) -> str:
    """The first repetition."""
    end = text.find("~")
    return text if end < 0 else text[:end]


def component(text: str, number: int) -> str:
    """A component (1-based) of a repetition."""
    parts = text.split("^", number)
    return parts[number - 1] if number <= len(parts) else ""


def nth(text: str, number: int) -> str:
    """A component (1-based) of the first repetition of a field."""
    end = text.find("~")
    parts = (text if end < 0 else text[:end]).split("^", number)
    return parts[number - 1] if number <= len(parts) else ""


def subcomponent(text: str, number: int) -> str:
    """A subcomponent (1-based) of a component."""
    parts = text.split("&", number)
    return parts[number - 1] if number <= len(parts) else ""


def plain(text: str) -> str:
    """A leaf with its escapes decoded."""
    return decode(text) if "\\" in text else text


def nested(text: str) -> list[list[list[str]]]:
    """A field as repetitions of components of subcomponents, decoded."""
    items = [[*map(_subcomponents, each.split("^"))] for each in text.split("~")]
    if "\\" in text:
        return [[[plain(part) for part in component] for component in item] for item in items]
    return items


_subcomponents: Callable[[str], list[str]] = methodcaller("split", "&")


def nested_component(text: str) -> list[list[str]]:
    """A component as one component of subcomponents, in the shape of one repetition."""
    return [[plain(part) for part in text.split("&")]]


def count(text: str) -> int:
    """How many repetitions of a field are populated."""
    if "~" not in text:
        return 1 if text else 0
    return sum(1 for each in text.split("~") if each)


class Cells:
    """A repetition or component that is being written: (component, subcomponent) -> text, subcomponent 0 for all."""

    __slots__ = ("cells",)

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], str] = {}

    def __bool__(self) -> bool:
        return bool(self.cells)

    def put(self, first: int, second: int, value: Any) -> bool:
        """Writes a leaf where nothing is yet; False when something else is. What is no leaf has no place here."""
        return type(value) in (dict, list) or self._put(first, second, encode(text(value)))

    def _put(self, first: int, second: int, value: str) -> bool:
        return not value or self.cells.setdefault((first, second), value) == value

    def place(self, first: int, second: int, cells: Cells) -> bool:
        """Puts a written component in its place."""
        return self._put(first, second, cells.er7("&"))

    def copy(self) -> Cells:
        """The same cells in another place."""
        made = Cells()
        made.cells = dict(self.cells)
        return made

    def take(self, cells: Cells) -> bool:
        """All of another's cells; False when one contradicts."""
        return not [1 for (first, second), value in cells.cells.items() if not self._put(first, second, value)]

    def er7(self, separator: str) -> str:
        """The text, trailing empties trimmed."""
        found: dict[int, dict[int, str]] = {}
        for (first, second), value in self.cells.items():
            found.setdefault(first, {})[second] = value
        parts = [self._part(found.get(number, {})) for number in range(1, max(found, default=0) + 1)]
        return separator.join(parts)

    @staticmethod
    def _part(values: dict[int, str]) -> str:
        if 0 in values:
            return values[0]
        return "&".join(values.get(number, "") for number in range(1, max(values, default=0) + 1))


class Span(NamedTuple):
    """An instance of a group that is being written, or of a segment with those that belong to it."""

    name: str
    number: int
    """Of all instances in the message, from 1."""
    members: tuple[str, ...] = ()
    """A leading segment and those that stand behind it, in this order; empty for a group of the structure."""
    around: Span | None = None


class Draft:
    """A segment that is being written: field -> repetitions."""

    __slots__ = ("after", "fields", "group", "name")

    def __init__(self, name: str, group: Span | None = None, after: tuple[str, ...] = ()) -> None:
        self.name = name
        self.group = group
        self.after = after
        self.fields: dict[int, list[Cells]] = {}

    def __bool__(self) -> bool:
        return bool(self.fields)

    def put(self, field: int, first: int, second: int, value: Any) -> bool:
        repetitions = self.fields.setdefault(field, [])
        if not repetitions:
            repetitions.append(Cells())
        return repetitions[0].put(first, second, value)

    def place(self, field: int, first: int, cells: Cells) -> bool:
        """A written repetition (first 0: appended), or component of the first repetition."""
        repetitions = self.fields.setdefault(field, [])
        if not first:
            repetitions.append(cells)
            return True
        if not repetitions:
            repetitions.append(Cells())
        return repetitions[0].place(first, 0, cells)

    def whole(self, field: int, repetitions: list[list[list[str]]]) -> bool:
        """All repetitions at once, as nested lists of text; False when the field has something already."""
        if self.fields.get(field):
            return False
        for repetition in repetitions:
            cells = Cells()
            for first, component in enumerate(repetition, 1):
                for second, value in enumerate(component, 1):
                    cells.put(first, second if len(component) > 1 else 0, value)
            self.fields.setdefault(field, []).append(cells)
        return True

    def row(self) -> list[str]:
        """Canonical, escaped fields: `row[n]` is field n."""
        last = max(self.fields, default=0)
        return [self.name] + [
            "~".join(each.er7("^") for each in self.fields.get(number, ())) for number in range(1, last + 1)
        ]


class MessageDraft:
    """A message that is being written; `segments` in the order of writing, put in the structure's order at the end.
    `structure` is the one that counts when neither caller nor event name one."""

    __slots__ = ("_single", "_spans", "segments", "structure")

    def __init__(self, structure: str = "") -> None:
        self.structure = structure
        self.segments: list[Draft] = []
        self._single: dict[tuple[str, Span | None], Draft] = {}
        self._spans = 0

    def segment(self, name: str, group: Span | None = None) -> Draft:
        """The one segment of a name in the message or group, opened when first asked for."""
        found = self._single.get((name, group))
        if found is None:
            found = self._single[(name, group)] = Draft(name, group)
            self.segments.append(found)
        return found

    def new(self, name: str, group: Span | None = None, after: tuple[str, ...] = ()) -> Draft:
        """A further segment."""
        made = Draft(name, group, after)
        self.segments.append(made)
        return made

    def span(self, name: str, members: tuple[str, ...] = (), around: Span | None = None) -> Span:
        """A new instance of a group, or of a segment with its members."""
        self._spans += 1
        return Span(name, self._spans, members, around)

    def rows(self) -> Sequence[Draft]:
        return [segment for segment in self.segments if segment]


def text(value: Any) -> str:
    """A value as it is written: `true` and `false` in words, numbers with their digits."""
    if value is True or value is False:
        return "true" if value else "false"
    return str(value)
