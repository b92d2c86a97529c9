"""What a format tells the map compiler: its paths, as source text that reads and writes its tree.

Compiling a map writes one Python function per direction. A format takes part through scopes: a `ReadScope` is a place in
the source from which paths are read, a `WriteScope` a place in the target to which they are written. Both add lines to
the function that is being written (`Code`). Only names made by `Code.new` and literals made by `repr` enter the text, so
that no data of a map can become code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from conformance.issue import Where


class PathError(Exception):
    """A path that the format doesn't have there. A finding of lint, raised while compiling and caught by it."""


class Code(Protocol):
    """The function that is being written."""

    def add(self, line: str) -> None: ...

    def block(self, head: str) -> AbstractContextManager[None]:
        """Lines added inside stand below `head`, indented."""

    def hold(self) -> Code:
        """A place at this point to which lines can be added later: the head of a scope."""

    def new(self, stem: str) -> str:
        """A fresh variable name."""

    def constant(self, value: Any) -> str:
        """The name of a module-level constant with this value."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value that was read into a variable. `given` is an expression: true when there is one."""

    var: str
    given: str
    at: str
    """An expression for its place: what notes of the ledger are keyed by."""
    level: str = ""
    """What a data-type part needs to know to read it (HL7 v2: `component` or `subcomponent`)."""


class Leaf(NamedTuple):
    """One populated field of a source, for the ledger."""

    key: tuple[Any, ...]
    """Its place in the form that `Syntax.covers` and the notes use."""
    path: str
    value: Any


class ReadScope(Protocol):
    at: str
    """Expression for the place of this scope."""

    def leaf(self, path: str) -> Value: ...

    def node(self, path: str) -> Value:
        """The thing at a path, to be read by a part."""

    def items(self, path: str) -> AbstractContextManager[ReadScope]:
        """A loop over what repeats at a path."""

    def contexts(self, name: str, after: tuple[str, ...]) -> AbstractContextManager[ReadScope]:
        """A loop over the segments or groups of a name."""

    def test(self, path: str, operator: str, operand: Any) -> str:
        """An expression that is true when the test holds."""

    def key(self, path: str, *, whole: bool) -> str:
        """The text of a key's part; with `whole` all of it as nested lists, for a conversion."""

    def where(self, path: str) -> tuple[Any, ...]:
        """The place that reading a path covers, for `Syntax.covers`."""


class WriteScope(Protocol):
    def put(self, path: str, expression: str, *, gives: str = "", many: bool = False) -> None:
        """Write a value; `gives` is its type where it is known, `many` that it may be a list."""

    def constant(self, path: str, value: Any) -> str:
        """A constant as an expression of the type that stands at a path."""

    def absent(self, path: str, original: str) -> None:
        """Leave a required code out: data-absent-reason `unsupported`, with the original text."""

    def child(self, path: str) -> WriteScope:
        """A new thing for a path, attached with `attach` when something was written into it."""

    def attach(self, path: str, child: WriteScope) -> None: ...

    def filled(self) -> str:
        """An expression: true when something was written here."""

    def type_at(self, path: str) -> str:
        """The type that stands at a path, for a part."""

    var: str


class Syntax(Protocol):
    """A format's path syntax."""

    name: str
    runtime: Mapping[str, Any]
    """What generated source may call."""
    variants: tuple[str, ...]
    """Generated variants; the first is the plain one."""

    def variant(self, root: Any) -> str:
        """The variant that this document needs."""

    def leaves(self, root: Any) -> Iterator[Leaf]:
        """Every populated field, in document order."""

    def covers(self, where: tuple[Any, ...], key: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """What is left of a leaf's key below a place; None when the leaf isn't there."""

    def inside(self, at: tuple[Any, ...], key: tuple[Any, ...]) -> bool:
        """True when a noted place holds a leaf."""

    def locate(self, root: Any, at: tuple[Any, ...], path: str) -> Where:
        """A noted place as users write it."""
