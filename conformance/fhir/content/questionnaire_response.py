"""QuestionnaireResponse against its Questionnaire: items, answers, options, and what was enabled.
questionnaireresponse.html
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from conformance.definitions.registry import Registry
from conformance.fhir import fhirpath
from conformance.fhir.content.code_system import objects
from conformance.fhir.fhirpath import FhirPathError, Node
from conformance.fhir.fhirpath.values import order
from conformance.terminology import Terminology
from conformance.terminology.value_set import Answer

if TYPE_CHECKING:
    from conformance.fhir.walk import Walk

Item = dict[str, Any]

_TYPES = {
    "boolean": ("valueBoolean",), "decimal": ("valueDecimal",), "integer": ("valueInteger",),
    "date": ("valueDate",), "dateTime": ("valueDateTime",), "time": ("valueTime",),
    "string": ("valueString",), "text": ("valueString",), "url": ("valueUri",), "attachment": ("valueAttachment",),
    "reference": ("valueReference",), "quantity": ("valueQuantity",), "choice": ("valueCoding",),
    "open-choice": ("valueCoding", "valueString"),
}  # fmt: skip
_OPTION_TYPES = ("valueCoding", "valueString", "valueInteger", "valueDate", "valueTime", "valueReference")
_EXPRESSIONS = (
    "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-enableWhenExpression",
    "http://phr.kanta.fi/StructureDefinition/fiphr-ext-questionnaire-enablewhen",
)
_FINISHED = ("completed", "amended")


def check(walk: Walk, node: Node) -> None:
    canonical = node.value.get("questionnaire")
    if not isinstance(canonical, str):
        return
    questionnaire = _questionnaire(walk, node, canonical)
    if questionnaire is None:
        walk.unchecked_once("FHIR-0138", node, canonical)
        return
    response = _Response(walk, node, questionnaire)
    response.items(node.path, node.value, questionnaire)


def _questionnaire(walk: Walk, node: Node, canonical: str) -> Item | None:
    if canonical.startswith("#"):
        found = [each for each in objects(node.value.get("contained")) if each.get("id") == canonical[1:]]
        return found[0] if found else None
    definition = walk.plans.registry.find("Questionnaire", canonical)
    return None if definition is None else definition.facts


class _Response:
    def __init__(self, walk: Walk, node: Node, questionnaire: Item) -> None:
        self.walk, self.node, self.questionnaire = walk, node, questionnaire
        self.finished = node.value.get("status") in _FINISHED
        self.answers: dict[str, list[Item]] = {}
        for item in _descend(node.value):
            self.answers.setdefault(str(item.get("linkId")), []).extend(objects(item.get("answer")))

    def items(self, path: str, parent: Item, definition: Item) -> None:
        """The items below a response, item or answer, against those below their definition."""
        defined = objects(definition.get("item"))
        places = {str(each.get("linkId")): index for index, each in enumerate(defined)}
        there: dict[str, list[tuple[str, Item]]] = {}
        last = -1
        for index, item in enumerate(objects(parent.get("item"))):
            here, link = f"{path}.item[{index}]", str(item.get("linkId"))
            if link not in places:
                self.walk.report("FHIR-0130", path, found=link)
                continue
            if places[link] < last:
                self.walk.report("FHIR-0131", here)
            last = max(last, places[link])
            there.setdefault(link, []).append((here, item))
        for each in defined:
            self._defined(path, each, there.get(str(each.get("linkId")), []))

    def _defined(self, path: str, definition: Item, there: list[tuple[str, Item]]) -> None:
        enabled = self._enabled(definition)
        answered = [(here, item) for here, item in there if _answered(item)]
        if enabled is False:
            for here, _ in answered:
                self.walk.report("FHIR-0133", here)
            return
        if definition.get("required") is True and not answered and self.finished and enabled:
            self.walk.report("FHIR-0132", there[0][0] if there else path, link=definition.get("linkId"))
        if definition.get("repeats") is not True and len(there) > 1:
            self.walk.report("FHIR-0136", there[1][0])
        for here, item in there:
            self._item(here, item, definition)

    def _item(self, path: str, item: Item, definition: Item) -> None:
        kind = str(definition.get("type"))
        answers = objects(item.get("answer"))
        shown, asked = item.get("text"), definition.get("text")
        if isinstance(shown, str) and isinstance(asked, str) and shown.split() != asked.split():
            self.walk.report("FHIR-0139", path, found=shown, link=definition.get("linkId"))
        if kind in ("group", "display"):
            if answers:
                self.walk.report("FHIR-0137", path, type=kind)
            if kind == "group":
                self.items(path, item, definition)
            return
        if len(answers) > 1 and definition.get("repeats") is not True:
            self.walk.report("FHIR-0136", path)
        for index, answer in enumerate(answers):
            here = f"{path}.answer[{index}]"
            self._answer(here, answer, definition, kind)
            self.items(here, answer, definition)

    def _answer(self, path: str, answer: Item, definition: Item, kind: str) -> None:
        key = next((key for key in answer if key.startswith("value")), "")
        if not key:
            return
        value, options = answer[key], objects(definition.get("answerOption"))
        allowed = _TYPES.get(kind, ())
        if options and kind in ("choice", "open-choice"):
            given = {name for option in options for name in option if name in _OPTION_TYPES}
            allowed = (*given, *(("valueString",) if kind == "open-choice" else ()))
        if allowed and key not in allowed:
            self.walk.report("FHIR-0134", path, type=kind)
            return
        if (
            isinstance(definition.get("maxLength"), int)
            and isinstance(value, str)
            and len(value) > definition["maxLength"]
        ):
            self.walk.report("FHIR-0015", path, most=definition["maxLength"], number=len(value))
        if kind == "open-choice" and key == "valueString":
            return
        if options and not any(_same(option.get(key), value) for option in options):
            self.walk.report("FHIR-0135", path)
        elif isinstance(definition.get("answerValueSet"), str):
            self._in_value_set(path, value, definition["answerValueSet"])

    def _in_value_set(self, path: str, value: Any, canonical: str) -> None:
        answer = self._member(value, canonical)
        if answer is False:
            self.walk.report("FHIR-0135", path)
        elif answer is None:
            self.walk.unchecked_once("FHIR-0044", self.node, canonical, value_set="the question's value set")

    def _member(self, value: Any, canonical: str) -> Answer:
        if not canonical.startswith("#"):
            return self.walk.member(value, canonical)
        own = [each for each in objects(self.questionnaire.get("contained")) if each.get("id") == canonical[1:]]
        if not own or not isinstance(value, dict):
            return None
        url = str(own[0].get("url") or f"urn:contained:{canonical[1:]}")
        terminology = Terminology(_WithOwn(self.walk.plans.registry, {**own[0], "url": url}))
        return terminology.member(url, value.get("system"), str(value.get("code", "")))

    # What was asked at all

    def _enabled(self, definition: Item) -> Answer:
        """Whether an item was to be answered; None where its condition can't be evaluated."""
        for extension in objects(definition.get("extension")):
            if extension.get("url") in _EXPRESSIONS:
                expression = extension.get("valueString") or (extension.get("valueExpression") or {}).get("expression")
                return self._expression(str(expression))
        conditions = objects(definition.get("enableWhen"))
        if not conditions:
            return True
        met = [self._condition(each) for each in conditions]
        return any(met) if definition.get("enableBehavior") == "any" else all(met)

    def _expression(self, expression: str) -> Answer:
        try:
            found = fhirpath.compiled(expression)([self.node], self.walk.env(self.node))
        except FhirPathError:
            return None
        return bool(found) and all((each.value if type(each) is Node else each) is not False for each in found)

    def _condition(self, condition: Item) -> bool:
        answers = self.answers.get(str(condition.get("question")), [])
        values = [(key, each[key]) for each in answers for key in each if key.startswith("value")]
        wanted_key = next((key for key in condition if key.startswith("answer")), "")
        wanted, operator = condition.get(wanted_key), condition.get("operator")
        if operator == "exists":
            return bool(values) == (wanted is True)
        kind = wanted_key.removeprefix("answer")
        same = [_same(wanted, value) for _, value in values]
        if operator in ("=", "!="):
            return any(same) if operator == "=" else bool(values) and not all(same)
        return any(_ordered(str(operator), value, wanted, kind) for _, value in values)


class _WithOwn(Registry):
    """A registry with one more value set: a contained one."""

    def __init__(self, registry: Registry, value_set: Item) -> None:
        super().__init__(registry.packs, [value_set], shipped=())


def _descend(node: Item) -> Iterator[Item]:
    stack = objects(node.get("item"))[::-1]
    while stack:
        item = stack.pop()
        yield item
        inner = [
            *objects(item.get("item")),
            *(each for answer in objects(item.get("answer")) for each in objects(answer.get("item"))),
        ]
        stack += inner[::-1]


def _answered(item: Item) -> bool:
    return bool(item.get("answer")) or any(_answered(each) for each in objects(item.get("item")))


def _same(wanted: Any, value: Any) -> bool:
    """Equal; codings by system and code, where the system is given on both sides."""
    if isinstance(wanted, dict) and isinstance(value, dict):
        if "reference" in wanted:
            return bool(wanted["reference"] == value.get("reference"))
        systems = {wanted.get("system"), value.get("system")} - {None}
        return (
            wanted.get("code") == value.get("code") and len(systems) < 2 and wanted.get("value") == value.get("value")
        )
    if isinstance(wanted, bool) or isinstance(value, bool):
        return wanted is value
    if isinstance(wanted, (int, float, Decimal)) and isinstance(value, (int, float, Decimal)):
        return Decimal(str(wanted)) == Decimal(str(value))
    return bool(wanted == value)


def _ordered(operator: str, value: Any, wanted: Any, kind: str) -> bool:
    name = kind[:1].lower() + kind[1:] if kind != "Quantity" else kind
    try:
        found = order(Node(value, name), Node(wanted, name))
    except FhirPathError:
        return False
    return found in {">": (1,), ">=": (0, 1), "<": (-1,), "<=": (-1, 0)}.get(operator, ())
