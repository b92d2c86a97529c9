"""The templates' rules, by root: distilled from C-CDA's definitions, and our own for what other releases ask.

`rules.csv` has a row for a rule that the definitions of 5.0 don't have (the template is gone, or the rule is older than
its definition says). A row for a path that a definition speaks of too moves that rule's date, unless it ends (`until`)
or names a value set (`bound`).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from conformance.ccda.layout import pack
from conformance.definitions.pack import Facts

DATA = Path(__file__).parent / "data"
BASE = "2.16.840.1.113883.10.20.22"
BALLOT = "2025"
"""Versions from here on are of the 5.0 ballot alone: what they ask is a warning."""


_LATER = {f"{BASE}.4.515": "2025-05-01"}
"""Templates of the ballot that its definitions of older templates ask for: before, instructions were acts."""
_SEVERAL = {"1198-9034": "2024-05-01", "1198-7509": BALLOT}
"""By CONF number: rules of R2.1 that allow several where later versions allow one (a concern's observations)."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A constraint on an element, with its key in the definitions."""

    key: str
    expression: str
    warning: bool
    conf: str
    since: str
    first: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """What a template asks of a child (`value`), an attribute (`@code`) or a text (`#`), and of what is in it."""

    name: str
    path: str
    """From the element that claims the template, for messages."""
    least: int
    most: int | None
    values: frozenset[str]
    types: tuple[str, ...]
    templates: tuple[str, ...]
    bound: str
    conf: str
    since: str
    several: str
    """The version from which on `most` holds; empty for one that always did."""
    until: str
    """The version from which on it is asked no more; empty for one that holds on."""
    first: bool
    """R1.1 has a rule of this number, of whatever strength: before `since` it is a warning."""
    warning: bool
    slice: tuple[tuple[str, tuple[str, ...], Any], ...]
    """Tests that tell which items are meant; empty for all."""
    holds: tuple[Hold, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A template in its newest known version; rules say since which version they hold."""

    root: str
    version: str
    title: str
    of: str
    """The class that it constrains: `Observation`, `AD`."""
    also: tuple[str, ...]
    """Roots that have to be claimed beside it."""
    holds: tuple[Hold, ...]
    rules: tuple[Rule, ...]


@cache
def template(root: str) -> Template | None:
    """The rules of a template; None for one that nothing is known of."""
    known = pack().index("Template").get(root, [])
    facts = (pack().read("Template", root) if known else None) or {}
    own = _own().get(root, [])
    if not facts and not own:
        return None
    rules: list[Facts] = facts.get("rules", [])
    for row in own:
        if row["path"].endswith(")"):
            ours = {"key": "ours", "expression": row["path"], "since": row["since"]}
            facts.setdefault("holds", []).append({**ours, "warning": row["severity"] == "warning"})
        else:
            _merge(rules, row["path"].split("/"), row)
    return Template(
        root=root,
        version=max((str(each[0]) for each in known), default=""),
        title=facts.get("title") or own[0]["name"],
        of=facts.get("class", ""),
        also=tuple(facts.get("also", ())),
        holds=_holds(facts),
        rules=tuple(_rule(each, "") for each in rules),
    )


def title(root: str) -> str:
    """What a template is called; its root where nothing is known of it."""
    found = template(root)
    return found.title if found is not None else root


def _merge(rules: list[Facts], path: list[str], row: Mapping[str, str]) -> None:
    """Put a row of ours among a definition's rules; one that ends, or names a value set, stands beside them."""
    name, *rest = path
    apart = not rest and bool(row["until"] or row["bound"])
    here = next((each for each in rules if each["name"] == name and "slice" not in each and not apart), None)
    if here is None:
        here = {"name": name, "since": row["since"]}
        rules.append(here)
    if rest:
        here["since"] = min(here.get("since", ""), row["since"])
        _merge(here.setdefault("rules", []), rest, row)
        return
    here.update(since=row["since"], first=False, warning=row["severity"] == "warning")
    if row["min"]:
        here["min"] = int(row["min"])
    if row["max"].isdecimal():
        here["max"] = int(row["max"])
    if row["values"]:
        here["values"] = row["values"].split("|")
    if apart:
        here.update(until=row["until"], bound=row["bound"])


def _rule(facts: Facts, above: str) -> Rule:
    path = f"{above}/{facts['name']}".lstrip("/")
    values = facts.get("values") or ([facts["fixed"]] if "fixed" in facts else [])
    later = max((_LATER.get(each, "") for each in facts.get("templates", ())), default="")
    return Rule(
        name=facts["name"],
        path=path,
        least=facts.get("min", 0),
        most=facts.get("max"),
        values=frozenset(values),
        types=tuple(facts.get("types", ())),
        templates=tuple(facts.get("templates", ())),
        bound=facts.get("bound", ""),
        conf=facts.get("conf", ""),
        since=max(facts.get("since", ""), later),
        several=_SEVERAL.get(facts.get("conf", ""), ""),
        until=facts.get("until", ""),
        first=bool(facts.get("first")) and not later,
        warning=bool(facts.get("warning")),
        slice=tuple((kind, tuple(steps), _operand(operand)) for kind, steps, operand in facts.get("slice", ())),
        holds=_holds(facts),
        rules=tuple(_rule(each, path) for each in facts.get("rules", ())),
    )


def _operand(operand: Any) -> Any:
    return frozenset(operand) if isinstance(operand, list) else operand


def _holds(facts: Facts) -> tuple[Hold, ...]:
    return tuple(
        Hold(
            key=each["key"],
            expression=each["expression"],
            warning=bool(each.get("warning")),
            conf=each.get("conf", ""),
            since=each.get("since", ""),
            first=bool(each.get("first")),
        )
        for each in facts.get("holds", ())
    )


@cache
def _own() -> Mapping[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for row in rows("rules.csv"):
        found.setdefault(full(row["template"]), []).append(row)
    return found


def full(root: str) -> str:
    """A root, completed where it begins with a point."""
    return BASE + root if root.startswith(".") else root


def rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of a table of ours; what a short row leaves out is empty."""
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader((line for line in lines if not line.startswith("#")), restval="")
