"""A profile as it is used: typed, compiled, without knowledge of the file it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from conformance.issue import Severity, Where
from conformance.profile.demands import Count, Demand

Value = Any
Look = Callable[[str], list[Value]]
"""What carries information at a path."""

Test = Callable[[Look], bool]


class View(Protocol):
    """A document or a part of one, at the path `base`, as its format reads it."""

    @property
    def base(self) -> str: ...

    def values(self, path: str) -> list[Value]:
        """Every value at a path."""

    def places(self, path: str) -> list[tuple[Value, Where]]:
        """The same, each with its place: asked for findings only."""

    def parts(self, path: str) -> Iterable[View]:
        """What stands at a path, each as a view of its own."""


Usage = Literal["R", "RE", "C", "O", "X"]
"""HL7 v2 chapter 2.B: required, required but may be empty, conditional, optional, not supported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One rule: what it asks where (`each`, `path`), compiled; `when` decides whether it applies at all."""

    id: str
    path: str = ""
    each: str = ""
    when: Test | None = None
    applying: Count | None = None
    """How many values there may be where the rule applies."""
    otherwise: Count | None = None
    """The same where `when` doesn't hold; None: then nothing is asked."""
    demands: tuple[Demand, ...] = ()
    """What each value must be."""
    whole: tuple[Demand, ...] = ()
    """What must be true of the document, or of each part that `each` names."""
    severity: Severity | None = None
    message: str = ""
    ours: bool = False
    spec: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Checks over the paths of one format. `applies` tells which documents it speaks of; None: all of the format."""

    id: str
    title: str
    format: str
    spec: str = ""
    applies: Test | None = None
    checks: tuple[Check, ...] = field(default=())
    paths: tuple[str, ...] = ()
    """What `applies` and the rules on the whole document may look at."""
