"""The typed form of map files (docs/maps.md): rules, tables, parts, tests. Read from YAML with every error at once.

What can be known without the formats is checked here; paths, parts and conversions are checked when a map is linked
and compiled.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from conformance.issue import Where

Kind = Literal["value", "each", "make", "set", "ref", "choice", "cases", "ignore", "inline", "profile", "made", "rows"]

OPERATORS = ("is", "eq", "in", "match", "count", "length", "same", "template", "section", "read", "leads")

UNMAPPED = ("keep", "drop", "absent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One test of one path: `{v2: PID-29, is: empty}`."""

    side: str
    path: str
    operator: str
    operand: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Compound:
    """`all`, `any` or `not` of further tests."""

    operator: Literal["all", "any", "not"]
    tests: tuple[Test, ...]


Test = Check | Compound


def project(test: Test | None, side: str) -> Test | None:
    """The part of a test that speaks of one side; None when it says nothing that this side alone can decide."""
    if test is None or isinstance(test, Check):
        return test if test is not None and test.side == side else None
    inner = [project(each, side) for each in test.tests]
    known = tuple(each for each in inner if each is not None)
    if not known or (len(known) < len(inner) and test.operator != "all"):
        return None
    return Compound(operator=test.operator, tests=known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A resource's identity: by a conversion (`as`), or natural below another resource (`under`)."""

    paths: dict[str, tuple[str, ...]]
    listed: bool
    conversion: str = ""
    under: str = ""

    def path(self, side: str) -> str:
        """The first path on a side: what identifies the resource before all else."""
        return next(iter(self.paths.get(side, ())), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """What stands beside a row: the row of another table, or of a code table, whose columns `there` equal ours."""

    name: str
    here: tuple[str, ...]
    there: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """`rows` and `unpivot`: what a table gives one after another. `table` is empty for an unpivoted row, `.` for the
    rows of the group around."""

    table: str = ""
    joins: tuple[Join, ...] = ()
    group: tuple[str, ...] = ()
    """Columns: rows that agree in them are one context, read from the last of them."""
    retract: tuple[Check, ...] = ()
    """What says that a row takes back what an earlier one said."""
    columns: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    """Unpivot: column -> constants of its items by name."""
    answer: str = ""
    """Unpivot: the name under which an item's text is read."""
    split: str = ""
    """Unpivot: what stands between the items of one cell."""


@dataclass(slots=True, kw_only=True)
class Rule:
    """One rule. `paths` by side; `listed` names the sides whose path was a list; `line` is `file.yaml:12`."""

    kind: Kind
    line: str
    source: str = ""
    """The file, for findings of lint."""
    paths: dict[str, tuple[str, ...]] = field(default_factory=dict)
    listed: frozenset[str] = frozenset()
    conversion: str = ""
    table: str = ""
    use: str = ""
    when: Test | None = None
    where: dict[str, tuple[Check, ...]] = field(default_factory=dict)
    default: dict[str, Any] = field(default_factory=dict)
    key: Key | None = None
    name: str = ""
    type: str = ""
    """The resource type of `make` or `to`; the types of `made`, with a bar between."""
    ref: str = ""
    set: dict[str, dict[str, Any]] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    cases: list[Rule] = field(default_factory=list)
    """For `choice`: `choices` gives each case's code."""
    choices: tuple[str, ...] = ()
    other: Rule | None = None
    after: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    """`with`: the segments that go with the one of `each`, up to the next of its name."""
    per: str = ""
    """The field of `each`'s segment for each repetition of which there is a context."""
    context: str = ""
    """`each: DG1`: the segment or group that opens a context."""
    reason: str = ""
    """Why a field is ignored; the profile that is claimed."""
    derived: str = ""
    """Why the rule only goes forward: what it writes follows from something else that comes back."""
    needs: list[Any] = field(default_factory=list)
    narrative: dict[str, Any] = field(default_factory=dict)
    """What the narrative tells of what is written: `columns`, headings with paths, and whether the text links to it."""
    refers: dict[str, Any] = field(default_factory=dict)
    """Path of a reference -> the profiles of which its target must claim one."""
    over: Rows | None = None
    """For `rows`: what is read one after another."""

    def where_written(self) -> Where:
        """The rule's place in its file."""
        number = self.line.rpartition(":")[2]
        return Where(source=self.source, line=int(number) if number.isdigit() else None)

    def path(self, side: str) -> str:
        """The one path on a side; empty where the rule has none there."""
        paths = self.paths.get(side, ())
        return paths[0] if paths else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of left code and right value (text or an object). `unmapped` is `keep`, `drop`, `absent` or a value."""

    name: str
    line: str
    rows: tuple[tuple[str, Any], ...]
    unmapped: str
    fallback: Any = None


@dataclass(slots=True, kw_only=True)
class Library:
    """What a file gives to others."""

    id: str
    source: str
    uses: tuple[str, ...] = ()
    names: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    parts: dict[str, list[Rule]] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Map(Library):
    """A map: a library with two sides and rules of its own."""

    sides: tuple[str, str] = ("", "")
    roots: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By side: the structures (HL7 v2) or the root type (FHIR)."""
    spec: str = ""
    reads: str = ""
    """The one side that this map reads; both when empty."""
    when: Test | None = None
    entries: tuple[str, ...] = ()
    """Of the resources made only those of these types and what they refer to; all when empty."""
    rules: list[Rule] = field(default_factory=list)


def format_of(side: str) -> str:
    """`fhir-alerts` is of format `fhir`."""
    return side.partition("-")[0]
