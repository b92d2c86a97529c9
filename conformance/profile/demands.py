"""What a profile asks, compiled: the one form of checks that StructureDefinitions and YAML profiles share.

A `Demand` looks at a place of a document (a value with its path) and tells a report what is wrong there, or what can't
be told; a `Count` does so for all values of an element together. Both are made once, when a profile is compiled, with
the issues that its notation uses; whoever walks a document only calls them, in their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from conformance.terminology.value_set import Answer


class Place(Protocol):
    """A value and where it stands."""

    @property
    def value(self) -> Any: ...


class Report(Protocol):
    """What demands tell their findings, and ask of the codes that are known here."""

    def report(self, code: str, node: Any, *, found: Any = None, **words: Any) -> None: ...

    def unchecked_once(self, code: str, node: Any, subject: str, **words: Any) -> None:
        """A "not checked", once per subject and resource."""

    def member(self, found: Any, value_set: str, near: str = "") -> Answer: ...


Demand = Callable[[Any, Any], None]
"""`demand(report, place)`: a `Report` and a `Place` of one format."""


@dataclass(frozen=True, slots=True)
class Saying:
    """The issue that tells a finding: its code, and the words that are known when a profile is compiled."""

    code: str
    words: Mapping[str, Any] = field(default_factory=dict)

    def tell(self, report: Report, place: Any, *, found: Any = None, **more: Any) -> None:
        report.report(self.code, place, found=found, **{**self.words, **more})


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many values an element has: from `least` to `most` (None: any number).

    `itemised`: too many and too few are told at the values; else at their owner.
    """

    least: int
    most: int | None
    none: Saying
    few: Saying
    many: Saying
    forbidden: Saying
    itemised: bool = False

    def fits(self, number: int) -> bool:
        return self.least <= number and (self.most is None or number <= self.most)

    def __call__(self, report: Report, owner: Any, there: Sequence[Any]) -> None:
        number = len(there)
        if number < self.least:
            if not there:
                self.none.tell(report, owner)
            else:
                self.few.tell(report, there[-1] if self.itemised else owner, least=self.least, number=number)
        elif self.most is not None and number > self.most:
            self._too_many(report, owner, there, self.most)

    def _too_many(self, report: Report, owner: Any, there: Sequence[Any], most: int) -> None:
        if most:
            self.many.tell(report, there[most] if self.itemised else owner, most=most, number=len(there))
            return
        for each in there if self.itemised else (owner,):
            self.forbidden.tell(report, each, found=each.value if self.itemised else None)


def typed(test: Callable[[Any], bool], saying: Saying) -> Demand:
    """A value is written as its type asks."""
    return _tested(test, saying)


def shaped(pattern: Callable[[str], bool], saying: Saying) -> Demand:
    """A text matches a regular expression as a whole."""
    return _tested(pattern, saying)


def among(codes: Iterable[str], saying: Saying) -> Demand:
    """A value is one of these."""
    return _tested(frozenset(codes).__contains__, saying)


def equal(test: Callable[[Any], bool], saying: Saying) -> Demand:
    """A value is what the definition fixes."""
    return _tested(test, saying)


def _tested(test: Callable[[Any], bool], saying: Saying) -> Demand:
    def demand(report: Report, place: Place) -> None:
        if not test(place.value):
            saying.tell(report, place, found=place.value)

    return demand


def long(least: int, most: int | None, saying: Saying) -> Demand:
    """A text has so many characters."""

    def demand(report: Report, place: Place) -> None:
        value = place.value
        if isinstance(value, str) and (len(value) < least or (most is not None and len(value) > most)):
            saying.tell(report, place, found=value, number=len(value))

    return demand


def bound(value_set: str, near: str, broken: Saying, unknown: str) -> Demand:
    """A code is in a value set; `near` is the package that asks, `unknown` the code for "not checked"."""

    def demand(report: Report, place: Place) -> None:
        answer = report.member(place.value, value_set, near)
        if answer is None:
            report.unchecked_once(unknown, place, value_set, **broken.words)
        elif answer is False:
            broken.tell(report, place, found=place.value)

    return demand


def true(holds: Callable[[Any, Any], bool], saying: Saying) -> Demand:
    """Something is true of a document at a place: `holds(report, place)`."""

    def demand(report: Report, place: Place) -> None:
        if not holds(report, place):
            saying.tell(report, place)

    return demand
