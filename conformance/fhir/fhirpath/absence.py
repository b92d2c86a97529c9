"""What an expression needs to be there before it can be false: most invariants speak of what is seldom there.

`dom-2` (`contained.contained.empty()`) holds wherever there is nothing `contained`; `qty-3` (`code.empty() or ...`)
wherever there is no `code`. Knowing that, a walk need not evaluate them.
"""

from __future__ import annotations

from conformance.fhir.fhirpath.syntax import Call, FhirPathError, Literal, Name, Node, Operation, parse

_PASSING = frozenset({
    "where", "select", "ofType", "as", "first", "last", "tail", "skip", "take", "distinct", "trace", "extension",
    "repeat", "children", "descendants", "resolve",
})  # fmt: skip
"""Functions that give nothing for nothing."""
_HOLDING = frozenset({"empty", "all", "isDistinct", "allTrue"})
"""Functions that are true of nothing."""


def needs(expression: str) -> frozenset[str]:
    """The children of which one must be there for the expression not to be true; empty where that isn't known."""
    try:
        return _true_without(parse(expression)) or frozenset()
    except FhirPathError:
        return frozenset()


def _true_without(tree: Node) -> frozenset[str] | None:
    """Names without which a tree is surely true; None where there are none."""
    if not isinstance(tree, Operation):
        return None
    if tree.operator == ".":
        return _chain_true_without(*tree.parts)
    if tree.operator == "implies":
        return _false_without(tree.parts[0]) or _true_without(tree.parts[1])
    if tree.operator == "or":
        return _true_without(tree.parts[0]) or _true_without(tree.parts[1])
    if tree.operator == "and":
        return _both(_true_without(tree.parts[0]), _true_without(tree.parts[1]))
    if tree.operator == "<=" and tree.parts[1] == Literal(1):
        return _counted(tree.parts[0])
    return None


def _false_without(tree: Node) -> frozenset[str] | None:
    if not isinstance(tree, Operation):
        return None
    if tree.operator == ".":
        left, right = tree.parts
        if isinstance(right, Call) and right.name in ("exists", "hasValue"):
            return _nothing_without(left)
        return _true_without(left) if right == Call("not", ()) else None
    if tree.operator == "and":
        return _false_without(tree.parts[0]) or _false_without(tree.parts[1])
    if tree.operator == "or":
        return _both(_false_without(tree.parts[0]), _false_without(tree.parts[1]))
    return None


def _chain_true_without(left: Node, right: Node) -> frozenset[str] | None:
    if not isinstance(right, Call):
        return None
    if right.name in _HOLDING:
        return _nothing_without(left)
    return _false_without(left) if right.name == "not" else None


def _counted(tree: Node) -> frozenset[str] | None:
    if isinstance(tree, Operation) and tree.operator == "." and tree.parts[1] == Call("count", ()):
        return _nothing_without(tree.parts[0])
    return None


def _nothing_without(tree: Node) -> frozenset[str] | None:
    """Names without which a tree gives nothing."""
    if isinstance(tree, Name):
        return None if tree.text[:1] in "$%" or tree.text[:1].isupper() else frozenset({tree.text})
    if not isinstance(tree, Operation):
        return None
    if tree.operator == "|":
        return _both(*map(_nothing_without, tree.parts))
    if tree.operator == ".":
        left, right = tree.parts
        if isinstance(right, Name) or (isinstance(right, Call) and right.name in _PASSING):
            return _nothing_without(left)
    return None


def _both(*parts: frozenset[str] | None) -> frozenset[str] | None:
    known = [part for part in parts if part is not None]
    return frozenset().union(*known) if len(known) == len(parts) else None
