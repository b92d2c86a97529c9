"""The items of a sliced element: each against the slice it is in, then the slices by number and order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.fhir.fhirpath import Node

if TYPE_CHECKING:
    from conformance.fhir.plan import Prop
    from conformance.fhir.slicing import Slice, Slicing
    from conformance.fhir.walk import Walk


def check(walk: Walk, node: Node, prop: Prop, slicing: Slicing, found: list[Node], code: str) -> None:
    """Each item is checked by its slice's plan, by the element's where none matches."""
    counts: dict[str, int] = {}
    sure, last, end = True, -1, len(slicing.order)
    for each in found:
        slice_, certain = slicing.find(walk, each)
        if slice_ is None:
            sure = sure and certain
            last = _unmatched(walk, slicing, each, last) if certain else last
            slice_ = slicing.default
        if slice_ is not None:
            for name in slice_.names:
                counts[name] = counts.get(name, 0) + 1
            place = slicing.order[slice_.name]
            if place < last and (slicing.ordered or last == end):
                walk.report("FHIR-0033", each, slice=slice_.name)
            last = max(last, place)
        _item(walk, prop, slicing, slice_, each, code)
    count(walk, node, slicing, counts, prop.name, sure=sure)


def _unmatched(walk: Walk, slicing: Slicing, node: Node, last: int) -> int:
    """An item that is in no slice; gives the place after which slices may follow no more."""
    if slicing.default is None and slicing.rules == "closed":
        walk.report("FHIR-0032", node)
    return len(slicing.order) if slicing.rules == "openAtEnd" else last


def _item(walk: Walk, prop: Prop, slicing: Slicing, slice_: Slice | None, node: Node, code: str) -> None:
    inner = slice_.item(code, node.value) if slice_ is not None else None
    if inner is not None:
        walk.check(node, inner)
        if not slicing.loose:
            return
    item = prop.item(code or prop.code(node.value))
    if item is not None:
        walk.check(node, item)


def count(walk: Walk, node: Node, slicing: Slicing, counts: dict[str, int], name: str, *, sure: bool) -> None:
    """How many items each slice has; `sure` is False where an item's slice couldn't be told."""
    for each in slicing.counted:
        number = counts.get(each.name, 0)
        if "/" in each.name and not counts.get(each.name.rpartition("/")[0]):
            continue
        if number < each.min:
            if sure:
                walk.report("FHIR-0030", node, element=name, slice=each.name, least=each.min, number=number)
            else:
                walk.unchecked_once("FHIR-0034", node, f"{name}:{each.name}", element=name, slice=each.name)
        if each.max is not None and number > each.max:
            walk.report("FHIR-0031", node, element=name, slice=each.name, most=each.max, number=number)
