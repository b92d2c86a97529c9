"""FHIRPath: the specification's sentences as expressions, and fhirpathpy as a second opinion."""

from __future__ import annotations

import warnings
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.fhir import Validator, fhirpath, invariants, native
from conformance.fhir.fhirpath import FhirPathError, Node
from conformance.fhir.fhirpath.view import View
from conformance.fhir.plan import Invariant
from conformance.fhir.walk import Walk
from tests.conformance.fhir.test_examples import examples, validator

PATIENT: dict[str, Any] = {
    "resourceType": "Patient", "id": "p", "active": True, "gender": "female", "birthDate": "1984-03-12",
    "_birthDate": {"extension": [{"url": "http://x", "valueDateTime": "1984-03-12T10:00:00Z"}]},
    "name": [
        {"use": "official", "family": "Quillfeather", "given": ["Marisol", "T"]}, {"use": "usual", "given": ["Mari"]},
    ],
    "deceasedDateTime": "2024-03-17T13:30:00-05:00", "multipleBirthInteger": 2,
    "contained": [{"resourceType": "Organization", "id": "o", "name": "Ashby"}],
    "managingOrganization": {"reference": "#o"},
    "contact": [{"name": {"family": "Okonjo"}, "period": {"start": "2020", "end": "2021-05"}}],
}  # fmt: skip


def run(expression: str, **env: Any) -> list[Any]:
    found = fhirpath.evaluate(PATIENT, expression, **env)
    return [item.value if type(item) is Node else item for item in found]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("Patient.name.given", ["Marisol", "T", "Mari"]),
        ("name[1].given.first()", ["Mari"]),
        ("Practitioner.name", []),
        ("name.where(use = 'official').family", ["Quillfeather"]),
        ("name.exists(given.count() > 1)", [True]),
        ("name.all(given.exists())", [True]),
        ("name.select(given.first() & ' ' & family)", ["Marisol Quillfeather", "Mari "]),
        ("deceased is dateTime", [True]),
        ("deceased.ofType(boolean)", []),
        ("(multipleBirth as integer) + 1", [3]),
        ("birthDate < @1990-01-01", [True]),
        ("birthDate = @1984-03", []),
        ("birthDate.extension('http://x').value > @1984-03-12T09:59:59Z", [True]),
        ("contact.period.all(start <= end)", [True]),
        ("deceased = @2024-03-17T18:30:00Z", [True]),
        ("managingOrganization.resolve().name", ["Ashby"]),
        ("contained.ofType(Organization).id", ["o"]),
        ("gender in ('male' | 'female')", [True]),
        ("'female' = gender and active", [True]),
        ("nothing and false", [False]),
        ("nothing or true", [True]),
        ("nothing implies false", []),
        ("nothing.exists().not()", [True]),
        ("true xor true", [False]),
        ("1 + 2 * 3 - 4 / 2", [5]),
        ("7 div 2 & '' & 7 mod 2", ["31"]),
        ("(1 | 2 | 2 | 3).count()", [3]),
        ("(1 | 2).combine(2).isDistinct()", [False]),
        ("(1|2|3).skip(1).take(1)", [2]),
        ("(3|1).exclude(1)", [3]),
        ("{}.empty()", [True]),
        ("'abc'.substring(1, 1) + 'x'.upper()", ["bX"]),
        ("'a,b'.split(',').join('-')", ["a-b"]),
        ("'ab12'.matches('^[a-z]+[0-9]{2}$')", [True]),
        ("'12'.toInteger() + '1.5'.toDecimal()", [Decimal("13.5")]),
        ("'abc'.indexOf('c') = 2 and 'abc'.contains('b')", [True]),
        ("iif(active, 'yes', 'no')", ["yes"]),
        ("name.given.repeat($this).count()", [3]),
        ("(1|2|3).aggregate($this + $total, 0)", [6]),
        ("name.where($index = 1).use", ["usual"]),
        ("Patient.contact.name.family.length()", [6]),
        ("1 'kg' = 1000 'g'", [True]),
        ("2 days > 1 day", [True]),
        ("@2020-01-31 + 1 month = @2020-02-29", [True]),
        ("'A' ~ 'a'", [True]),
        ("`name`.count() // a comment", [2]),
        ("%resource.id & %ucum", ["phttp://unitsofmeasure.org"]),
        ("birthDate.hasValue() and name.hasValue().not()", [True]),
        ("descendants().ofType(HumanName).count()", [3]),
        ("1.58.lowBoundary()", [Decimal("1.575")]),
        ("2.round(0) | 1.25.round(1)", [Decimal(2), Decimal("1.2")]),
        ("'x'.memberOf('http://v')", []),
    ],
)
def test_expressions(expression: str, expected: list[Any]) -> None:
    assert run(expression) == expected


@pytest.mark.parametrize(
    "expression",
    ["name.", "name[", "1 +", "'open", "name.nothing(", "unknown()", "@x", "now()", "%who", "(1|2).single()"],
)
def test_what_cannot_be_evaluated_is_an_error(expression: str) -> None:
    with pytest.raises(FhirPathError):
        run(expression)


def test_the_clock_is_the_callers() -> None:
    assert run("birthDate < today()", now="2024-03-17T14:05:00Z") == [True]


def test_values_have_their_places() -> None:
    found = fhirpath.values(PATIENT, "name.given | deceased | birthDate.extension.value")
    assert [where.path for _, where in found] == [
        "Patient.name[0].given[0]", "Patient.name[0].given[1]", "Patient.name[1].given[0]",
        "Patient.deceased.ofType(dateTime)", "Patient.birthDate.extension[0].value.ofType(dateTime)",
    ]  # fmt: skip


@given(st.text(alphabet="abAB.()[]'$%@|&=<>+-*/ 0123456789{}\\`,", max_size=30))
@settings(max_examples=200, deadline=None)
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    try:
        fhirpath.evaluate(PATIENT, text)
    except FhirPathError:
        return


def test_a_hostile_expression_ends() -> None:
    with pytest.raises(FhirPathError):
        run("(" * 5000 + "1" + ")" * 5000)
    everything = "descendants()." * 12 + "count()"
    assert run(everything)


# Invariants: ours, the natives, and fhirpathpy

UNDECIDED_BY_FHIRPATHPY = ("resolve()", "telecom or endpoint", "practitioner or organization", "descendants().as(")
"""Expressions that fhirpathpy can't evaluate: it has no resolve(), refuses operands that aren't Booleans, and `as` on
several items."""


def test_invariants_agree_with_fhirpathpy(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = shared / "packages" / "hl7.fhir.us.core-6.1.0.tgz"
    asked: list[tuple[Invariant, Node, Any]] = []
    seen: Counter[tuple[str, bool]] = Counter()

    def recording(rules: tuple[Invariant, ...]) -> Any:
        def check(walk: Walk, node: Node) -> None:
            for rule in rules:
                record(walk, node, rule)

        return check

    def record(walk: Walk, node: Node, rule: Invariant) -> None:
        passed_over = type(node.value) is dict and bool(rule.needs) and rule.needs.isdisjoint(node.value)
        seen[rule.expression, passed_over] += 1
        if seen[rule.expression, passed_over] <= 2:
            answer = invariants._true(fhirpath.compiled(rule.expression)([node], walk.env(node)))
            asked.append((rule, node, answer))
            assert answer or not passed_over, (rule.expression, node.path)

    monkeypatch.setattr(invariants, "compiled", recording)
    fresh = Validator(validator(archive).registry)
    for _, resource in examples(archive):
        fresh.validate(resource)
    assert len(seen) > 60
    for rule, node, answer in asked:
        if rule.expression in native.RULES:
            assert native.RULES[rule.expression](node.value) == answer, (rule.expression, node.path)
        if not any(part in rule.expression for part in UNDECIDED_BY_FHIRPATHPY):
            assert _second_opinion(rule.expression, node) == answer, (rule.expression, node.path)


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("value.empty() or system.exists()", ("value", "system")),
        ("code.empty() or system.exists()", ("code", "system")),
        ("data.empty() or contentType.exists()", ("data", "contentType")),
    ],
)
def test_a_primitive_that_has_only_an_extension_is_there(expression: str, names: tuple[str, str]) -> None:
    """`exists()` asks for the element, not for its value: data-absent-reason stands in for a required one."""
    why = {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]}
    given_by, needed = names
    for element in (
        {given_by: "1", needed: "2"},
        {given_by: "1", "_" + needed: why},
        {given_by: "1"},
        {"_" + given_by: why},
    ):
        assert native.RULES[expression](element) == (fhirpath.evaluate(element, expression) == [True]), element
    assert native.RULES[expression]({given_by: "1", "_" + needed: why})


@pytest.mark.parametrize(
    "name",
    [
        "per_1",
        "us_core_17",
        "us_core_3",
        "valued_or_absent",
        "obs_6",
        "ext_1",
        "bdl_3",
        "bdl_4",
        "bdl_5",
        "bdl_7",
        "org_1",
    ],
)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_native_invariant_says_what_its_expression_says(name: str, data: st.DataObject) -> None:
    expression = next(text for text, function in native.RULES.items() if function.__name__ == name)
    type_, values = NATIVE[name]
    value = data.draw(st.fixed_dictionaries({}, optional={key: st.sampled_from(some) for key, some in values.items()}))
    node = Node(value, type_, None, type_)
    env = fhirpath.Env(resource=node, root=node, context=node, this=[node])
    assert native.RULES[expression](value) == invariants._true(fhirpath.compiled(expression)([node], env)), value


_TIMES: list[Any] = [
    "2023",
    "2023-06",
    "2023-06-21",
    "2023-06-21T06:20:00Z",
    "2023-06-21T06:20:00+02:00",
    "2023-06-20T23:00:00-08:00",
]
_PLACES: dict[str, list[Any]] = {
    "dataAbsentReason": [{"text": "why"}],
    "valueString": ["a"],
    "_valueString": [{"extension": [{}]}],
}
_VERSIONED = {"resourceType": "Patient", "meta": {"versionId": "2"}}
_ENTRIES: list[Any] = [
    [],
    [{"fullUrl": "urn:a", "resource": {"resourceType": "Patient"}}],
    [{"fullUrl": "urn:a", "request": {"method": "GET"}}, {"fullUrl": "urn:a", "resource": _VERSIONED}],
    [{"fullUrl": "urn:a2"}, {"fullUrl": "urn:a", "resource": _VERSIONED}],
    [{"request": {"method": "GET"}, "response": {"status": "200"}}],
    [{"response": {"status": "200"}}, {"resource": {"resourceType": "Patient", "meta": {"profile": ["x"]}}}],
]
_KINDS = ["message", "batch", "transaction", "batch-response", "transaction-response", "history"]
_BUNDLE: dict[str, list[Any]] = {"type": _KINDS, "entry": _ENTRIES}
NATIVE: dict[str, tuple[str, dict[str, list[Any]]]] = {
    "bdl_3": ("Bundle", _BUNDLE),
    "bdl_4": ("Bundle", _BUNDLE),
    "bdl_5": ("Bundle.entry", {"resource": [_VERSIONED], "request": [{}], "response": [{"status": "1"}]}),
    "bdl_7": ("Bundle", _BUNDLE),
    "org_1": ("Organization", {"identifier": [[{"value": "1"}], []], "name": ["a"], "_name": [{"id": "a"}]}),
    "per_1": ("Period", {"start": _TIMES, "end": _TIMES}),
    "us_core_17": ("Identifier", {"value": ["1234567893", "1234567890", "12345678939", "123456789", "12345X7893", ""]}),
    "us_core_3": (
        "Observation",
        {"valueQuantity": [{"value": 1}, {"system": "http://unitsofmeasure.org"}, {"system": "u:x"}]},
    ),
    "valued_or_absent": (
        "Observation",
        {**_PLACES, "component": [[{"code": {"text": "c"}}]], "hasMember": [[{"display": "m"}]]},
    ),
    "obs_6": ("Observation", _PLACES),
    "ext_1": ("Extension", {"extension": [[{"url": "a"}]], "valueString": ["a"], "url": ["b"]}),
}


def _second_opinion(expression: str, node: Node) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import fhirpathpy
        from fhirpathpy.models import models
    resource = next(each for each in (node, *node.ancestors()) if "resourceType" in (each.value or {}))
    table = {
        "htmlChecks": {"fn": lambda items: [True], "arity": {0: []}, "nullable": True},
        "hasValue": {"fn": lambda items: [len(items) > 0], "arity": {0: []}, "nullable": True},
    }
    found = fhirpathpy.evaluate(
        node.value, {"base": node.type, "expression": expression},
        {"resource": resource.value, "rootResource": resource.value}, models["r4"],
        {"traceFn": lambda *_: None, "userInvocationTable": table},
    )  # fmt: skip
    return bool(found) and all(item is not False for item in found)


# Many paths of one resource

CLOSED = "Bundle.entry.descendants().ofType(Reference).where(reference.exists() and resolve().empty())"


@pytest.mark.parametrize(
    ("reference", "sure"),
    [
        ({"reference": "urn:uuid:2"}, True),
        ({"reference": "http://x.org/Patient/1"}, True),
        ({"reference": "Patient/1"}, False),
        ({"reference": "Patient/2"}, False),
        ({"reference": "urn:uuid:9"}, False),
        ({"reference": "#a"}, False),
        ({"reference": "#b"}, False),
        ({"reference": 5}, False),
        ({"reference": ["urn:uuid:2"]}, False),
        ({"reference": {"reference": "urn:uuid:2"}}, False),
        ({"_reference": {"id": "x"}}, False),
        ({"display": "somebody", "reference": None}, False),
        ({"display": "somebody"}, True),
        ({"extension": [{"url": "u", "valueReference": {"reference": "urn:uuid:9"}}]}, False),
    ],
)
def test_a_message_is_closed_for_sure_only_where_its_expression_finds_nothing(reference: Any, sure: bool) -> None:
    subject = {"resourceType": "Condition", "contained": [{"resourceType": "Patient", "id": "a"}], "subject": reference}
    entries = [
        {"fullUrl": "http://x.org/Condition/1", "resource": subject},
        {"fullUrl": "http://x.org/Patient/1", "resource": {"resourceType": "Patient", "id": "1"}},
        {"fullUrl": "urn:uuid:2", "resource": {"resourceType": "Patient", "id": "2"}},
        {"fullUrl": ["urn:uuid:9"], "resource": {"resourceType": "Patient"}},
        {"fullUrl": "urn:uuid:9"},
    ]
    bundle = {"resourceType": "Bundle", "entry": entries}
    assert native.NOTHING[CLOSED](bundle) is sure
    assert not sure or not fhirpath.evaluate(bundle, CLOSED)


def test_what_is_read_path_by_path_is_what_each_path_gives_by_itself() -> None:
    paths = [
        "Bundle.entry", "Bundle.entry.resource.ofType(Patient).name.family", "Bundle.entry.resource.ofType(Patient)",
        "entry.resource.ofType(Patient).name.where(use = 'old').family", "entry.resource.name.given.first()",
        "Bundle.entry.resource.ofType(Patient).birthDate", "entry.resource.ofType(Patient).exists()",
        "entry.resource.ofType(Observation).subject.resolve().name.family", "$this.entry.count()",
    ]  # fmt: skip
    patient = {"resourceType": "Patient", "id": "1", "_birthDate": {"id": "x"},
               "name": [{"use": "old", "family": "A", "given": ["B", "C"]}, {"family": "D"}]}  # fmt: skip
    seen = {"resourceType": "Observation", "subject": {"reference": "urn:uuid:1"}}
    bundle = {"resourceType": "Bundle", "entry": [{"fullUrl": "urn:uuid:1", "resource": patient}, {"resource": seen}]}
    view = View.of(bundle)
    for path in [*paths, *reversed(paths)]:
        alone = [
            (item.path, item.extra if item.value is None else item.value) if isinstance(item, Node) else ("", item)
            for item in fhirpath.evaluate(bundle, path)
        ]
        assert [(where.path, value) for value, where in view.places(path)] == alone, path
        assert view.values(path) == [value for _, value in alone], path
    (part,) = list(view.parts("Bundle.entry.resource.ofType(Observation)"))
    assert part.base == "Bundle.entry[1].resource"
    assert part.values("subject.resolve().name.family") == ["A", "D"]
