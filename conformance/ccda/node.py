"""What checks need of a document's elements; the codec's nodes are such."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from conformance.issue import Where


class Node(Protocol):
    """An element. Names as users write them: `sdtc:raceCode`; `attributes` have their `xsi:type` without prefix."""

    name: str
    attributes: dict[str, str]
    element: Any
    """lxml's, for its own text."""

    @property
    def children(self) -> Sequence[Any]: ...

    @property
    def kids(self) -> Mapping[str, Sequence[Any]]:
        """The children by name."""

    @property
    def templates(self) -> Mapping[str, str]:
        """Roots of the templates that it claims, with the newest version of each."""


Place = Callable[[Any, str], Where]
"""The place of a node, or of its attribute."""


def is_null(node: Node) -> bool:
    """True for an element that says why it says nothing."""
    return "nullFlavor" in node.attributes


def own_text(node: Node) -> str:
    """The text right in an element, white space at its ends left out."""
    return (node.element.text or "").strip()
