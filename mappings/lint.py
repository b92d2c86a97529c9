"""Lint: what is wrong with maps, and what each rule does in either direction.

Everything that compiling either direction finds is an issue with file and line. Beyond that a rule is classed as
two-way, one-way by design, or lossy, and a rule that can never do anything is reported.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from conformance.catalogue import issue
from conformance.issue import Issue
from mappings.catalog import SHIPPED, Catalog, Syntaxes
from mappings.compiler import compile_map
from mappings.form import Map, Rule, format_of

Ways = Literal["two-way", "one-way", "lossy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What lint says of one rule."""

    line: str
    ways: Ways
    why: str = ""


def lint(
    overlays: Sequence[Path], syntaxes: Syntaxes, shipped: Path = SHIPPED, only: Collection[str] = ()
) -> tuple[Issue, ...]:
    """All findings of the maps that the overlays concern, without overlays of all, in the order of files and lines.
    `only`: of these maps alone."""
    catalog = Catalog(tuple(overlays), shipped)
    issues: list[Issue] = []
    for map_id in chosen(catalog, only):
        linked, found = catalog.link(map_id)
        issues += found
        issues += _compiled(linked, syntaxes, catalog.heads[map_id].path)
        issues += dead(linked)
    issues += catalog.issues
    return tuple(sorted(dict.fromkeys(issues), key=lambda each: (each.at.source, each.at.line or 0, each.code)))


def chosen(catalog: Catalog, only: Collection[str]) -> list[str]:
    """The maps that the overlays concern, or those of them that are named."""
    return [map_id for map_id in catalog.concerned() if not only or map_id in only]


def _compiled(linked: Map, syntaxes: Syntaxes, path: Path) -> list[Issue]:
    from mappings.conversions import REGISTRY

    by_side = {side: _knowing(syntaxes(format_of(side)), linked.roots[side], path) for side in linked.sides}
    issues: list[Issue] = []
    for read, write in (linked.sides, linked.sides[::-1]):
        if not by_side[write].writes or linked.reads not in ("", read):
            continue
        _, found = compile_map(linked, read, write, by_side, REGISTRY)
        issues += found
    return issues


def _knowing(syntax: Any, roots: Sequence[str], path: Path) -> Any:
    """Of tables, the syntax that knows the columns of the kinds that a map is for: shipped ones, and those whose schema
    stands beside the map (`KIND.columns.yaml`)."""
    if not hasattr(syntax, "knowing"):
        return syntax
    from conformance.tabular import kinds
    from conformance.tabular.known import Known

    schemas = []
    for kind in roots:
        own = path.with_name(f"{kind}.columns.yaml")
        if not own.is_file() and kind not in kinds.ids():
            return syntax
        schema = kinds.load(str(own) if own.is_file() else kind).value
        if schema is None:
            return syntax
        schemas.append(schema)
    return syntax.knowing(Known(schemas).problem)


def every_rule(rules: Sequence[Rule]) -> Iterator[Rule]:
    """Rules with all rules inside them."""
    for rule in rules:
        yield rule
        yield from every_rule(rule.rules)
        yield from every_rule(rule.cases)
        if rule.other is not None:
            yield from every_rule([rule.other])


def dead(linked: Map) -> list[Issue]:
    """Rules that can never do anything: no path on either side to go to, or a case behind one that takes everything."""
    issues: list[Issue] = []
    for rules in (linked.rules, *linked.parts.values()):
        for rule in every_rule(rules):
            if rule.kind == "value" and len(rule.paths) < 2 and not rule.default:
                issues.append(_dead(rule, "it has a path on one side only"))
            for case in rule.cases[:-1] if not rule.choices else ():
                if case.when is None and not case.where and case.kind == "inline":
                    issues.append(_dead(case, "it takes everything, so that the cases behind it are never tried"))
    return issues


def _dead(rule: Rule, problem: str) -> Issue:
    return issue("MAP-0009", rule.where_written(), problem=problem)


def judge(linked: Map, conversions: Any) -> list[Judged]:
    """Whether each rule that carries a value is two-way, one-way by design, or lossy."""
    judged = []
    for rules in (linked.rules, *linked.parts.values()):
        for rule in every_rule(rules):
            if rule.kind in ("value", "each") and len(rule.paths) == 2:
                judged.append(_judged(rule, linked, conversions))
    return judged


def _judged(rule: Rule, linked: Map, conversions: Any) -> Judged:
    conversion = conversions.get(rule.conversion) if rule.conversion else None
    if linked.reads:
        other = next(side for side in linked.sides if side != linked.reads)
        return Judged(line=rule.line, ways="one-way", why=f"this map reads {linked.reads}; another one reads {other}")
    if rule.derived:
        return Judged(line=rule.line, ways="one-way", why=rule.derived)
    if conversion is not None and conversion.backward is None:
        return Judged(line=rule.line, ways="one-way", why=f"`{rule.conversion}` has no inverse")
    if conversion is not None and conversion.lossy:
        return Judged(line=rule.line, ways="lossy", why=f"`{rule.conversion}` doesn't keep the notation")
    table = linked.tables.get(rule.table)
    if table is not None:
        targets = [repr(target) for _, target in table.rows if target not in ("", {})]
        if len(set(targets)) < len(targets):
            return Judged(line=rule.line, ways="lossy", why=f"rows of `{rule.table}` share a target; the first wins")
    if any(len(paths) > 1 for paths in rule.paths.values()) and conversion is None:
        return Judged(line=rule.line, ways="lossy", why="several paths without a conversion")
    return Judged(line=rule.line, ways="two-way")
