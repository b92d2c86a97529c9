"""Baselines: findings that are accepted, each with a reason and until a day.

    accept:
    - code: FHIR-0305                 # required; one code of docs/issues.md
      file: guides/*.json             # optional; `*` is any text
      path: Patient.extension[*]      # optional; brackets are brackets
      message: '*ethnicity*'          # optional; never what was found in the data
      reason: the guide's own example; reported to its authors
      until: 2027-01-31               # the last day on which it is accepted

The day is handed in: the same input on the same day gives the same answer. The first entry that fits takes the finding.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from conformance import yaml
from conformance.catalogue import code as row_of
from conformance.catalogue import issue
from conformance.issue import Issue, Result, Where, has_errors

_KEYS = ("code", "file", "path", "message", "reason", "until")
_REQUIRED = ("code", "reason", "until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """One entry. `file`, `path` and `message` are patterns; `at` is where it stands."""

    code: str
    reason: str
    until: date
    file: str = "*"
    path: str = "*"
    message: str = "*"
    at: Where

    def covers(self, one: Issue) -> bool:
        texts = ((self.file, one.at.source), (self.path, one.at.path), (self.message, one.message))
        return self.code == one.code and all(fits(pattern, text) for pattern, text in texts)


class Baseline:
    """Sorts findings into those in force and those accepted, and remembers which entries were needed."""

    def __init__(self, entries: Iterable[Acceptance], today: date) -> None:
        self.entries = tuple(entries)
        self.today = today
        self._used: Counter[int] = Counter()

    def reason(self, one: Issue) -> str | None:
        """Why a finding is accepted; None where it isn't, or where its time is over."""
        for number, entry in enumerate(self.entries):
            if entry.covers(one):
                self._used[number] += 1
                return entry.reason if self.today <= entry.until else None
        return None

    def review(self) -> Iterator[Issue]:
        """What is to be said of the entries after the last finding: expired ones, and those that weren't needed."""
        for number, entry in enumerate(self.entries):
            count = self._used[number]
            if not count:
                yield issue("BASE-0003", entry.at, code=entry.code)
            elif self.today > entry.until:
                yield issue("BASE-0002", entry.at, code=entry.code, until=entry.until.isoformat(), count=count)


def fits(pattern: str, text: str) -> bool:
    """Whether a text is as a pattern says, where `*` is any text; the time grows with the text, not with the stars."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == text
    if not text.startswith(first) or len(text) < len(first) + len(rest[-1]) or not text.endswith(rest[-1]):
        return False
    place, end = len(first), len(text) - len(rest[-1])
    for part in rest[:-1]:
        found = text.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return True


def read(text: str | bytes, source: str) -> Result[tuple[Acceptance, ...]]:
    """The entries of a baseline file; no value where anything in it is wrong."""
    loaded = yaml.load(text, source)
    reader = _Reader(source, list(loaded.issues))
    entries = tuple(reader.entries(loaded.value)) if not has_errors(loaded.issues) else ()
    return Result(value=None if has_errors(reader.issues) else entries, issues=tuple(reader.issues))


@dataclass(slots=True)
class _Reader:
    source: str
    issues: list[Issue]

    def wrong(self, node: Any, problem: str) -> None:
        self.issues.append(issue("BASE-0001", yaml.place(node, self.source), problem=problem))

    def entries(self, root: Any) -> Iterator[Acceptance]:
        items = root.get("accept") if isinstance(root, yaml.Fields) and set(root) == {"accept"} else None
        if not isinstance(items, yaml.Items):
            self.wrong(root, "a baseline is a mapping with the one key `accept`, a list")
            return
        for item in items:
            before = len(self.issues)
            self._check(item)
            if len(self.issues) == before:
                texts = {key: str(item[key]) for key in _KEYS if key in item and key != "until"}
                yield Acceptance(until=_day(item["until"]), at=yaml.place(item, self.source), **texts)

    def _check(self, item: Any) -> None:
        if not isinstance(item, yaml.Fields) or not all(isinstance(value, yaml.Text) for value in item.values()):
            self.wrong(item, f"an entry is a mapping of {', '.join(_KEYS)} to texts")
            return
        for key in item:
            if key not in _KEYS:
                self.wrong(key, f"an entry has no key `{key}`; it has {', '.join(_KEYS)}")
        for key in _REQUIRED:
            if not item.get(key, "").strip():
                self.wrong(item, f"an entry needs `{key}`")
        if item.get("code") and not _is_code(item["code"]):
            self.wrong(item["code"], "there is no such issue code")
        if item.get("until") and not _is_day(item["until"]):
            self.wrong(item["until"], "`until` is a day written as 2027-01-31")


def _is_code(name: str) -> bool:
    try:
        row_of(name)
    except KeyError:
        return False
    return True


def _is_day(text: str) -> bool:
    try:
        return len(text) == 10 and bool(_day(text))
    except ValueError:
        return False


def _day(text: str) -> date:
    return date.fromisoformat(text)
