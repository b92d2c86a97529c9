"""What reports are made of: one source with its issues, a clean one too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from conformance.catalogue import Code, code
from conformance.issue import Issue


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """An issue that a baseline accepts, and why."""

    issue: Issue
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """`issues` are in force, `accepted` are not."""

    source: str
    issues: tuple[Issue, ...] = ()
    accepted: tuple[Accepted, ...] = ()


def all_issues(checked: Iterable[Checked]) -> Iterator[Issue]:
    """Every issue in force."""
    return (issue for one in checked for issue in one.issues)


def codes_of(issues: Iterable[Issue]) -> list[Code]:
    """The catalogue's rows of the codes that occur, each once, in their order."""
    return [code(name) for name in sorted({one.code for one in issues})]
