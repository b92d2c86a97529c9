"""Evaluates a profile on a document: every check, every finding, each with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from conformance.catalogue import issue
from conformance.document import Document
from conformance.issue import Issue, Where
from conformance.profile.model import Check, Look, Profile, Value, Values
from conformance.profile.tests import text, valued
from conformance.profile.types import TYPES

Found = list[tuple[Value, Where]]


def check(profile: Profile, document: Document, values: Values | None = None) -> tuple[Issue, ...]:
    """All findings of a profile. `values` reads paths of the document's format; FHIR's are read by our FHIRPath."""
    if document.format != profile.format:
        return (issue("PRO-0001", profile=profile.id, wanted=profile.format, format=document.format),)
    look = _look(document, values)
    if profile.applies is not None and not profile.applies(look):
        return (issue("PRO-0002", profile=profile.id),)
    return tuple(found for each in profile.checks for found in _check(profile, each, document, look, values))


def _look(document: Document, values: Values | None, base: str = "") -> Look:
    """Paths of the document; in a part of one, what is found is placed below `base`."""
    if document.format == "fhir":
        from conformance.fhir.fhirpath import values as fhir_values

        return lambda path: fhir_values(document.root, path, base=base)
    if values is None:
        raise ValueError(f"a profile of {document.format} needs the format's values()")
    return lambda path: [(value, _below(base, where)) for value, where in values(document, path)]


def _below(base: str, where: Where) -> Where:
    return replace(where, path=".".join(part for part in (base, where.path) if part)) if base else where


def _check(profile: Profile, rule: Check, document: Document, look: Look, values: Values | None) -> Iterator[Issue]:
    contexts = [(look, "")]
    if rule.each:
        there = look(rule.each)
        contexts = [(_look(replace(document, root=node), values, where.path), where.path) for node, where in there]
    for inner, base in contexts:
        for found in _in_context(rule, inner, Where(path=".".join(part for part in (base, rule.path) if part))):
            yield _of(profile, rule, found)


def _in_context(rule: Check, look: Look, place: Where) -> Iterator[Issue]:
    """The findings of a rule where it stands: alternatives, expression, cardinality, then each value that is there."""
    applies = rule.when is None or rule.when(look)
    usage = rule.usage[0] if applies else rule.usage[1]
    if not applies and usage not in ("R", "X"):
        return
    if rule.any_of and not any(test(look) for test in rule.any_of):
        yield issue("PRO-0109", place, alternatives=", ".join(rule.alternatives))
    if rule.holds and not _true(look(rule.holds)):
        yield issue("PRO-0110", place, expression=rule.holds)
    if not rule.path or rule.any_of or rule.holds:
        return
    there = [(value, where) for value, where in look(rule.path) if valued(value)]
    yield from _cardinality(rule, usage, there, place)
    for value, where in there:
        yield from _value(rule, text(value), where)


def _true(answers: Found) -> bool:
    """Nothing found is no consent: an empty answer doesn't hold."""
    return bool(answers) and all(value is True for value, _ in answers)


def _cardinality(rule: Check, usage: str, there: Found, place: Where) -> Iterator[Issue]:
    least = max(rule.min, 1 if usage == "R" else 0)
    most = 0 if usage == "X" else rule.max
    if not there and least:
        yield issue("PRO-0101", place, path=rule.path)
    elif len(there) < least:
        yield issue("PRO-0102", there[-1][1], path=rule.path, least=least, number=len(there))
    if most is None or len(there) <= most:
        return
    if most == 0:
        yield from (issue("PRO-0104", where, path=rule.path, found=_found(value)) for value, where in there)
    else:
        yield issue("PRO-0103", there[most][1], path=rule.path, most=most, number=len(there))


def _value(rule: Check, value: str, where: Where) -> Iterator[Issue]:
    if rule.type and not TYPES[rule.type](value):
        yield issue("PRO-0105", where, path=rule.path, type=rule.type, found=value)
    if rule.codes is not None and value not in rule.codes:
        yield issue("PRO-0106", where, path=rule.path, codes=_listed(rule.codes), found=value)
    if rule.value_set:
        yield from _in_value_set(rule, value, where)
    if rule.pattern is not None and not rule.pattern(value):
        yield issue("PRO-0107", where, path=rule.path, found=value)
    least, most = rule.length
    if len(value) < least or (most is not None and len(value) > most):
        yield issue("PRO-0108", where, path=rule.path, least=least, most=most or "any", found=value)


def _in_value_set(rule: Check, value: str, where: Where) -> Iterator[Issue]:
    from conformance.terminology import default_terminology

    member = default_terminology().has_code(rule.value_set, value)
    if member is None:
        yield issue("PRO-0111", where, path=rule.path, value_set=rule.value_set)
    elif not member:
        yield issue("PRO-0106", where, path=rule.path, codes=rule.value_set, found=value)


def _of(profile: Profile, rule: Check, found: Issue) -> Issue:
    """The finding as the profile says it: who asks, how bad it is, in whose words."""
    origin = f"{profile.id}, {rule.id}" + (" (a rule of this gateway)" if rule.ours else "")
    return replace(
        found,
        severity=rule.severity or found.severity,
        message=f"{rule.message or found.message} [{origin}]",
        spec=rule.spec or profile.spec or found.spec,
    )


def _found(value: Value) -> str | None:
    return None if isinstance(value, (dict, list)) else text(value)


def _listed(codes: Iterable[str]) -> str:
    every = sorted(codes)
    return ", ".join(every[:12]) + (f" and {len(every) - 12} more" if len(every) > 12 else "")
