"""Questionnaire: conditions name questions that are there and come before, in a type that compares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from conformance.fhir.content.code_system import objects
from conformance.fhir.fhirpath import Node

if TYPE_CHECKING:
    from conformance.fhir.walk import Walk

_ANSWERS = {
    "boolean": "answerBoolean", "decimal": "answerDecimal", "integer": "answerInteger", "date": "answerDate",
    "dateTime": "answerDateTime", "time": "answerTime", "string": "answerString", "text": "answerString",
    "choice": "answerCoding", "quantity": "answerQuantity", "reference": "answerReference",
}  # fmt: skip
"""How a condition compares with a question of each type."""


def check(walk: Walk, node: Node) -> None:
    every = list(_items(node.value.get("item"), f"{node.path}.item"))
    types = {str(item.get("linkId")): str(item.get("type")) for _, item in every}
    order = {str(item.get("linkId")): number for number, (_, item) in enumerate(every)}
    for number, (path, item) in enumerate(every):
        for index, condition in enumerate(objects(item.get("enableWhen"))):
            here, question = f"{path}.enableWhen[{index}]", condition.get("question")
            if not isinstance(question, str):
                continue
            if question not in types:
                walk.report("FHIR-0145", here, problem="names no question of this questionnaire")
            elif question == item.get("linkId"):
                walk.report("FHIR-0145", here, problem="names the question itself")
            elif order[question] > number:
                walk.report("FHIR-0145", here, problem="names a question that comes later", severity="warning")
            elif not _compares(condition, types[question]):
                walk.report("FHIR-0145", here, problem=f"compares with another type than {types[question]}")


def _compares(condition: dict[str, Any], type_: str) -> bool:
    if condition.get("operator") == "exists" or type_ not in _ANSWERS:
        return True
    return _ANSWERS[type_] in condition or not any(key.startswith("answer") for key in condition)


def _items(rows: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    stack = [(f"{path}[{index}]", row) for index, row in enumerate(objects(rows))][::-1]
    while stack:
        here, row = stack.pop()
        yield here, row
        stack += [(f"{here}.item[{index}]", inner) for index, inner in enumerate(objects(row.get("item")))][::-1]
