"""A profile as it is used: typed, compiled, without knowledge of the file it came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from conformance.document import Document
from conformance.issue import Severity, Where

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
    """One rule over one path. Every part that is given must hold; `when` decides whether the check applies at all."""

    id: str
    path: str = ""
    each: str = ""
    when: Test | None = None
    usage: tuple[Usage, Usage] = ("O", "O")
    """As it is, and where `when` doesn't hold: `C(R/X)` is R, else X."""
    min: int = 0
    max: int | None = None
    type: str = ""
    codes: frozenset[str] | None = None
    value_set: str = ""
    pattern: Callable[[str], bool] | None = None
    length: tuple[int, int | None] = (0, None)
    any_of: tuple[Test, ...] = ()
    alternatives: tuple[str, ...] = ()
    """How `any_of` reads, for the message."""
    holds: str = ""
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
