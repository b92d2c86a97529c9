"""The typed fields of a YAML check to what is run: its demands, and how many values there may be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conformance.profile import demands
from conformance.profile.demands import Count, Demand, Saying
from conformance.profile.model import Check, Test, Usage
from conformance.profile.types import TYPES

_KEPT = ("id", "path", "each", "when", "severity", "message", "ours", "spec")


def compiled_check(fields: Mapping[str, Any]) -> Check:
    """A rule from the fields that `notation` typed."""
    whole = tuple(_whole(fields))
    alone = bool(whole) or "path" not in fields
    usage, other = fields.get("usage", ("O", "O"))
    return Check(
        **{name: fields[name] for name in _KEPT if name in fields},
        applying=None if alone else _count(fields, usage),
        otherwise=_count(fields, other) if not alone and other in ("R", "X") else None,
        demands=() if alone else tuple(_of_values(fields)),
        whole=whole,
    )


def _whole(fields: Mapping[str, Any]) -> Iterator[Demand]:
    """Alternatives of which one must hold, and an expression that must be true."""
    if "any_of" in fields:
        tests, names = fields["any_of"]
        yield demands.true(_any_of(tests), Saying("PRO-0109", {"alternatives": ", ".join(names)}))
    if "holds" in fields:
        expression = fields["holds"]
        said = Saying("PRO-0110", {"expression": expression})
        yield demands.true(lambda report, place: report.holds(expression), said)


def _any_of(tests: tuple[Test, ...]) -> Any:
    return lambda report, place: any(test(report.look) for test in tests)


def _count(fields: Mapping[str, Any], usage: Usage) -> Count:
    words = {"path": fields["path"]}
    least: int = fields.get("min", 0)
    return Count(
        least=max(least, 1 if usage == "R" else 0),
        most=0 if usage == "X" else fields.get("max"),
        none=Saying("PRO-0101", words), few=Saying("PRO-0102", words),
        many=Saying("PRO-0103", words), forbidden=Saying("PRO-0104", words), itemised=True,
    )  # fmt: skip


def _of_values(fields: Mapping[str, Any]) -> Iterator[Demand]:
    path = fields["path"]
    if "type" in fields:
        yield demands.typed(TYPES[fields["type"]], Saying("PRO-0105", {"path": path, "type": fields["type"]}))
    if "codes" in fields:
        yield demands.among(fields["codes"], Saying("PRO-0106", {"path": path, "codes": _listed(fields["codes"])}))
    if "value_set" in fields:
        url = fields["value_set"]
        yield demands.bound(url, "", Saying("PRO-0106", {"path": path, "codes": url, "value_set": url}), "PRO-0111")
    if "pattern" in fields:
        yield demands.shaped(fields["pattern"], Saying("PRO-0107", {"path": path}))
    if "length" in fields:
        least, most = fields["length"]
        words = {"path": path, "least": least, "most": most or "any"}
        yield demands.long(least, most, Saying("PRO-0108", words))


def _listed(codes: Iterable[str]) -> str:
    every = sorted(codes)
    return ", ".join(every[:12]) + (f" and {len(every) - 12} more" if len(every) > 12 else "")
