"""YAML with positions, every scalar as text: the one reader of maps, profiles and configuration.

PyYAML's C parser composes the nodes; nothing is resolved to numbers, dates or booleans, so `01`, `1.10`, `N` and
`2015-08-01` stay as they are written. Aliases are expanded (bounded); a duplicate key is an issue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from conformance.catalogue import issue
from conformance.issue import Issue, Result, Where

MAX_NODES = 500_000
"""Nodes after alias expansion: a small file can't grow without bound."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Text(str):
    """A scalar as written. `null` is True for an empty plain scalar, `~` or `null`."""

    __slots__ = ("column", "line", "null")
    line: int
    column: int
    null: bool


class Items(list[Any]):
    """A sequence, with its place."""

    __slots__ = ("column", "line")
    line: int
    column: int


class Fields(dict[str, Any]):
    """A mapping, with its place; keys are `Text`."""

    __slots__ = ("column", "line")
    line: int
    column: int


def place(node: Any, source: str) -> Where:
    """The place of anything that `load` gave."""
    return Where(source=source, line=getattr(node, "line", None), column=getattr(node, "column", None))


@dataclass(slots=True)
class _Builder:
    source: str
    issues: list[Issue]
    left: int = MAX_NODES

    def build(self, node: yaml.Node, depth: int = 0) -> Any:
        self.left -= 1
        if self.left < 0 or depth > 100:
            raise yaml.YAMLError("too many or too deeply nested nodes")
        made: Text | Items | Fields
        if isinstance(node, yaml.ScalarNode):
            made = Text(node.value)
            made.null = node.style is None and node.value in ("", "~", "null")
        elif isinstance(node, yaml.SequenceNode):
            made = Items(self.build(child, depth + 1) for child in node.value)
        else:
            made = self._fields(node, depth)
        made.line = node.start_mark.line + 1
        made.column = node.start_mark.column + 1
        return made

    def _fields(self, node: yaml.Node, depth: int) -> Fields:
        made = Fields()
        for key_node, value_node in node.value:
            key = self.build(key_node, depth + 1)
            if not isinstance(key, Text):
                raise yaml.YAMLError("a key must be a plain value")
            if key in made:
                self.issues.append(issue("YAML-0002", place(key, self.source), found=str(key)))
            made[key] = self.build(value_node, depth + 1)
        return made


def load(text: str | bytes, source: str) -> Result[Any]:
    """The first document of a YAML text as `Fields`, `Items` and `Text`; None for an empty one."""
    builder = _Builder(source, [])
    try:
        node = yaml.compose(text, Loader=_Loader)
        value = None if node is None else builder.build(node)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = Where(source=source, line=mark.line + 1, column=mark.column + 1) if mark else Where(source=source)
        problem = getattr(error, "problem", None) or type(error).__name__
        return Result(value=None, issues=(issue("YAML-0001", where, problem=problem),))
    return Result(value=value, issues=tuple(builder.issues))
