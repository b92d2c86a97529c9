"""Places in a document as users read them: XPath and line."""

from __future__ import annotations

from typing import Any

from adapters.formats.ccda.paths import ATTRIBUTE, Step
from adapters.formats.ccda.tree import Node, Tree
from adapters.formats.ccda.walk import every, text
from conformance.issue import Where


def where(node: Node, attribute: str = "") -> Where:
    """A node's XPath, or that of its attribute, with the line where its element begins."""
    path = node.path() + (f"/@{attribute}" if attribute else "")
    line = node.element.sourceline
    return Where(path=path, line=line if isinstance(line, int) else None)


def values(tree: Tree, steps: tuple[Step, ...]) -> list[tuple[Any, Where]]:
    """The texts at a path from the root, each with its place."""
    if steps and steps[-1][0] == ATTRIBUTE:
        holders = every(tree.node, steps[:-1])
        name = steps[-1][1]
        return [(each.attributes[name], where(each, name)) for each in holders if each.attributes.get(name)]
    return [(found, where(each)) for each in every(tree.node, steps) if type(each) is Node and (found := text(each))]
