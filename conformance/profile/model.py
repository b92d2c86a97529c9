"""A profile as it is used: typed, compiled, without knowledge of the file it came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from conformance.document import Document
from conformance.issue import Severity, Where
from conformance.profile.demands import Count, Demand

Value = Any
Values = Callable[[Document, str], list[tuple[Value, Where]]]
"""A format's reading of a path: every value there, each with its place. Formats are handed in, never imported."""

Look = Callable[[str], list[tuple[Value, Where]]]
"""The same, bound to a document or to a part of it."""

Test = Callable[[Look], bool]
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
