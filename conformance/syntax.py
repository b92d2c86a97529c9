"""What a format tells the map compiler: its paths, as source text that reads and writes its tree.

Compiling a map writes one Python function per direction. A format takes part through scopes: a `ReadScope` is a place
in the source from which paths are read, a `WriteScope` a place in the target to which they are written. Both add lines
to the function that is being written (`Code`). Only names made by `Code.new` and literals made by `repr` enter the
text, so that no data of a map can become code.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from conformance.document import Document
from conformance.issue import Where


class PathError(Exception):
    """A path that the format doesn't have there. A finding of lint, raised while compiling and caught by it."""


class MisfitError(PathError):
    """A value of a type that can't stand at a path."""

    def __init__(self, given: str, wanted: str) -> None:
        super().__init__(f"{given} where {wanted} is wanted")
        self.given = given
        self.wanted = wanted


class Code(Protocol):
    """The function that is being written."""

    def add(self, line: str | Callable[[], str]) -> None:
        """A line, or what gives it once everything is compiled."""

    def block(self, head: str) -> AbstractContextManager[None]:
        """Lines added inside stand below `head`, indented."""

    def keep(self, what: str, var: str) -> None:
        """Says that a variable, written once, holds this in the rest of the block."""

    def held(self, what: str) -> str:
        """The variable that holds this here; empty when there is none."""

    def hold(self) -> Code:
        """A place at this point to which lines can be added later: the head of a scope."""

    def new(self, stem: str) -> str:
        """A fresh variable name."""

    def constant(self, value: Any) -> str:
        """The name of a module-level constant with this value."""

    def function(self, parameters: str, lines: Iterable[str]) -> str:
        """The name of a module-level function of these lines, for what is read in several places."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value that was read into a variable. `given` is an expression: true when there is one."""

    var: str
    given: str
    at: str
    """An expression for its place: what notes of the ledger are keyed by."""
    level: str = ""
    """What a data-type part needs to know to read it (HL7 v2: `component` or `subcomponent`)."""
    others: tuple[str, ...] = ()
    """The places of what was read together with it."""


class Leaf(NamedTuple):
    """One populated field of a source, for the ledger."""

    key: tuple[Any, ...]
    """Its place in the form that `Syntax.covers` and the notes use."""
    path: str
    value: Any


class ReadScope(Protocol):
    """A place from which paths are read."""

    at: str
    """Expression for the place of this scope: what notes of the ledger are keyed by."""
    var: str
    """Variable of the object read, where the format has objects."""

    def leaf(self, path: str, *, listed: bool = False) -> Value:
        """A value; with `listed` all values of a list of primitives, for a conversion that takes them together."""

    def node(self, path: str) -> Value:
        """The thing at a path, to be read by a part."""

    def items(self, path: str) -> AbstractContextManager[ReadScope]:
        """A loop over what repeats at a path."""

    def contexts(
        self, name: str, after: tuple[str, ...], members: tuple[str, ...] = (), per: str = ""
    ) -> AbstractContextManager[ReadScope]:
        """A loop over the segments or groups of a name, or over the resources of a type. `per`: over a segment once
        for each repetition of this field, as if it had that one alone."""

    def pointed(self, path: str, kind: str) -> AbstractContextManager[ReadScope]:
        """The resource of a type that a reference leads to."""

    def test(self, path: str, operator: str, operand: Any) -> str:
        """An expression that is true when the test holds."""

    def equals(self, path: str, value: Any) -> str:
        """An expression that is true when a constant of the map stands at a path."""

    def key(self, path: str, *, whole: bool) -> str:
        """The text of a key's part; with `whole` all of it as nested lists, for a conversion."""

    def where(self, path: str) -> tuple[Any, ...]:
        """The place that reading a path covers, for `Syntax.covers`."""

    def where_leaf(self, path: str) -> tuple[Any, ...]:
        """The place that reading one value at a path covers."""

    def type_at(self, path: str, value: Value) -> str:
        """The type of what is read, for a part."""

    def root_var(self) -> str:
        """Variable of the resource around, for contained resources."""

    def is_segment(self) -> bool:
        """True where a part's rules are read in this scope itself, not from an item."""


class WriteScope(Protocol):
    """A place to which paths are written."""

    @property
    def var(self) -> str: ...

    @property
    def inside(self) -> str:
        """The type, or the path in a type, that is written here."""

    def put(self, path: str, expression: str, *, gives: str = "", many: bool = False, weak: bool = False) -> None:
        """Write a value. `gives` is its type where it is known; `many`: it may be a list; `weak`: only where nothing is
        yet, and without a complaint."""

    def put_whole(self, path: str, expression: str) -> None:
        """All repetitions of a field, as nested lists."""

    def typed(self, path: str, value: Any) -> Any:
        """A constant of a map (all text) as the value that stands at a path."""

    def constant(self, path: str, value: Any) -> str:
        """A constant as an expression of the type that stands at a path."""

    def plan_constants(self, values: dict[str, Any]) -> None:
        """Constants that `put_constants` will write at the end of the context."""

    def put_constants(self, values: dict[str, Any]) -> None:
        """Typed constants, where nothing else is yet."""

    def absent(self, path: str, original: str) -> None:
        """Leave a required code out: data-absent-reason `unsupported`, with the original text."""

    def child(self, path: str) -> WriteScope:
        """A new thing for a path, attached with `attach` when something was written into it."""

    def attach(self, path: str, child: Any) -> None: ...

    def context(self, name: str, after: tuple[str, ...]) -> WriteScope:
        """A new segment or group. Where segments may have members (HL7 v2), a third argument names them."""

    def later(self, path: str, name: str, url: str) -> None:
        """A reference that is set when all is made."""

    def filled(self) -> str:
        """An expression: true when something was written here."""

    def type_at(self, path: str) -> str:
        """The type that stands at a path, for a part."""

    def describe(self, path: str) -> str:
        """A path for the ledger; below an item it begins with a dot."""


class Syntax(Protocol):
    """A format's path syntax and the ledger's view of its documents."""

    name: str

    @property
    def runtime(self) -> Mapping[str, Any]:
        """What generated source may call."""

    variants: tuple[str, ...]
    """Generated variants; the first is the plain one."""
    claims: bool
    """Items that are read belong to the rule that reads them."""
    references: bool
    """Documents are resources that refer to one another."""
    has_contexts: bool
    """Documents have segments, groups or elements that `each` loops over."""
    tree: bool
    """Contexts are inside one another and paths relative to them; what is read is an object, not a text."""
    writes: bool
    """Documents of the format can be written."""

    def variant(self, root: Any) -> str:
        """The variant that this document needs."""

    def is_context(self, path: str) -> bool:
        """True for a path that names a segment, not a field."""

    def reader(self, code: Code, var: str, inside: str, variant: str) -> Any: ...

    def part_reader(self, code: Code, var: str, level: str, inside: str, variant: str) -> Any: ...

    def item_reader(self, scope: Any, value: Value) -> Any:
        """The item that a value stands for, so that paths can be read in it."""

    def writer(self, code: Code, var: str, inside: str) -> Any: ...

    def part_writer(self, code: Code, var: str, inside: str) -> Any: ...

    def start(self, root: str) -> Any:
        """An empty target."""

    def finish(self, target: Any, run: Any) -> Document:
        """The document of what was written."""

    def origin(self, root: Any) -> tuple[str, list[str]]:
        """What identifies a document among those of its sender, and the sending facility."""

    def leaves(self, root: Any) -> Iterator[Leaf]:
        """Every populated field, in document order."""

    def nulls(self, root: Any) -> list[str]:
        """Paths of explicit nulls."""

    def covers(self, where: tuple[Any, ...], key: tuple[Any, ...], full: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """What is left of a leaf's key below a place; None when the leaf isn't there. `full` is its whole key."""

    def once(self, where: tuple[Any, ...], full: tuple[Any, ...]) -> bool:
        """True when reading one value at a place doesn't reach this leaf, a further repetition."""

    def shape(self, full: tuple[Any, ...]) -> Hashable | None:
        """All that `covers`, `once` and `anchors` ask of a leaf's key; None where they ask the document."""

    def holders(self, full: tuple[Any, ...]) -> Iterable[tuple[Any, ...]]:
        """The places that hold a leaf, as notes name them, outermost first."""

    def spread(self, at: tuple[Any, ...]) -> Iterable[tuple[Any, ...]]:
        """A noted place as `holders` names it: a group's place is that of each of its segments."""

    def anchor(self, where: tuple[Any, ...]) -> Hashable | None:
        """What leaves at a place have in common, wherever its rule stands; None for a path below an item."""

    def anchors(self, full: tuple[Any, ...]) -> Iterable[Hashable]:
        """The anchors of the places that may cover a leaf."""

    def afar(self, where: tuple[Any, ...]) -> bool:
        """True for a place outside the context that its rule stands in."""

    def pattern(self, leaf: Leaf) -> str:
        """A leaf's path without indexes, as rules name it."""

    def locator(self, root: Any) -> Callable[[tuple[Any, ...], str], Where]:
        """Gives a noted place of a document, and the path of its rule, as users write it."""
