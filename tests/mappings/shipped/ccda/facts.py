"""What a Bundle says, as facts to compare: the one normalisation of there and back (docs/ccda.md)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

Fact = tuple[str, str]
"""Path without indexes, and value; a reference is told by the type it leads to."""

_GENERATED = re.compile(r'<(table|ul) id="generated[^>]*>.*?</\1>', re.S)
_TAGS = re.compile(r"<[^>]{0,2000}>")

SPELLING = (
    r"Composition\.(type|section\.text\.div|section\.text\.status).*",  # of the type that was asked for; empty texts
    r".*\.(unit|code)",  # the unit's UCUM code stands for what was shown
    r"Patient\.extension\.extension\.(url|valueString)",  # the text of race and ethnicity is that of their code
)
"""Paths at which a fact may come back in other words."""


def facts(bundle: dict[str, Any]) -> Counter[Fact]:
    """All facts of a Bundle's resources; ids, claims and labels of resources are none."""
    types = {each["fullUrl"]: each["resource"]["resourceType"] for each in bundle["entry"]}
    found: Counter[Fact] = Counter()
    for each in bundle["entry"]:
        resource = {name: value for name, value in each["resource"].items() if name not in ("id", "meta", "text")}
        kind = resource.pop("resourceType")
        found.update(_facts(resource, kind, types))
    return found


def _facts(node: Any, path: str, types: dict[str, str]) -> Iterator[Fact]:
    if isinstance(node, list):
        for each in node:
            yield from _facts(each, path, types)
    elif isinstance(node, dict):
        for name, value in node.items():
            if name == "reference" and isinstance(value, str):
                yield f"{path}.reference", types.get(value, value)
            else:
                yield from _facts(value, f"{path}.{name}", types)
    else:
        yield path, _words(str(node)) if path.endswith(".div") else str(node)


def _words(div: str) -> str:
    """A narrative's words, without tables that were made from entries."""
    return " ".join(_TAGS.sub(" ", _GENERATED.sub("", div)).split())


def lost(before: dict[str, Any], after: dict[str, Any]) -> Counter[Fact]:
    """The facts that don't come back, up to the normalisation."""
    missing = facts(before) - facts(after)
    return Counter({fact: count for fact, count in missing.items() if not _spelt(fact[0])})


def _spelt(path: str) -> bool:
    return any(re.fullmatch(pattern, path) for pattern in SPELLING[:1] + SPELLING[2:]) or path.endswith(".unit")
