"""Collects the issues of one reading, bounded: hostile input may hold a million faults of a kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from conformance.catalogue import issue
from conformance.issue import Issue, Where

MOST = 50
"""Issues of one code that are reported one by one; the rest is counted."""

LONGEST = 200
"""Characters of the offending text that an issue shows."""


class Report:
    def __init__(self) -> None:
        self._issues: list[Issue] = []
        self._counts: Counter[str] = Counter()

    def add(self, code: str, at: Where | Callable[[], Where], found: str | None = None, **words: object) -> None:
        """`at` may be a function, called only for the issues that are kept."""
        self._counts[code] += 1
        if self._counts[code] <= MOST:
            where = at() if callable(at) else at
            self._issues.append(issue(code, where, found=None if found is None else found[:LONGEST], **words))

    def refuse(self, code: str, found: str | None = None, **words: object) -> None:
        """An issue after which there is nothing to read."""
        self.add(code, Where(line=1, column=1), found, **words)

    def issues(self) -> tuple[Issue, ...]:
        more = [(code, count - MOST) for code, count in self._counts.items() if count > MOST]
        return (*self._issues, *(issue("V2-0029", about=code, count=count) for code, count in more))
