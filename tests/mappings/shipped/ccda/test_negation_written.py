"""Nothing that FHIR negates becomes positive in what is written: in no entry, no narrative, and not read again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as quick
from hypothesis import strategies as st
from lxml import etree

from gateway import convert
from tests.mappings.shipped.ccda.clinical import codes
from tests.mappings.shipped.ccda.test_negation import CODE, positive
from tests.mappings.shipped.ccda.test_writing import KINDS, V3, written
from tests.mappings.shipped.ccda.us_core import RESOURCES, bundle, of, ref

SNOMED = "http://snomed.info/sct"
NAMED = {"coding": [{"system": SNOMED, "code": CODE, "display": "The thing denied"}]}
VERIFIED = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"


def coded(code: str, system: str = VERIFIED) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def condition(category: str) -> Any:
    return lambda how: of(
        "Condition",
        "x",
        category=[coded(category, CATEGORY)],
        clinicalStatus=coded("active", "http://terminology.hl7.org/CodeSystem/condition-clinical"),
        verificationStatus=coded(how),
        code=NAMED,
        subject=ref("Patient/p"),
    )


def plan(goals: bool) -> Any:
    def made(how: str) -> dict[str, Any]:
        detail = {"status": "scheduled", "doNotPerform": True, "code": NAMED}
        aims = {"goal": [ref("Goal/g")]} if goals else {}
        status = how if how == "entered-in-error" else "active"
        return of(
            "CarePlan",
            "x",
            status=status,
            intent="plan",
            subject=ref("Patient/p"),
            activity=[{"detail": detail}],
            **aims,
        )

    return made


REFUTED, NOT_DONE, FORBIDDEN = (
    ("refuted", "entered-in-error"),
    ("not-done", "entered-in-error"),
    ("", "entered-in-error"),
)

DENIED: dict[str, tuple[Any, tuple[str, ...]]] = {
    "problem": (condition("problem-list-item"), REFUTED),
    "diagnosis": (condition("encounter-diagnosis"), REFUTED),
    "health concern": (condition("health-concern"), REFUTED),
    "concern in words": (
        lambda how: {**condition("health-concern")(how), "code": {"text": "The thing denied"}},
        REFUTED,
    ),
    "allergy": (
        lambda how: of("AllergyIntolerance", "x", verificationStatus=coded(how), code=NAMED, patient=ref("Patient/p")),
        REFUTED,
    ),
    "medication": (
        lambda how: of(
            "MedicationRequest",
            "x",
            status=how or "active",
            intent="order",
            doNotPerform=True,
            medicationCodeableConcept=NAMED,
            subject=ref("Patient/p"),
        ),
        FORBIDDEN,
    ),
    "medication taken": (
        lambda how: of(
            "MedicationStatement", "x", status=how, medicationCodeableConcept=NAMED, subject=ref("Patient/p")
        ),
        ("not-taken", "entered-in-error"),
    ),
    "medication given": (
        lambda how: of(
            "MedicationAdministration", "x", status=how, medicationCodeableConcept=NAMED, subject=ref("Patient/p")
        ),
        NOT_DONE,
    ),
    "medication handed out": (
        lambda how: of(
            "MedicationDispense", "x", status=how, medicationCodeableConcept=NAMED, subject=ref("Patient/p")
        ),
        ("declined", "cancelled", "entered-in-error"),
    ),
    "immunization": (
        lambda how: of("Immunization", "x", status=how, vaccineCode=NAMED, patient=ref("Patient/p")),
        NOT_DONE,
    ),
    "procedure": (lambda how: of("Procedure", "x", status=how, code=NAMED, subject=ref("Patient/p")), NOT_DONE),
    "request": (
        lambda how: of(
            "ServiceRequest",
            "x",
            status=how or "active",
            intent="order",
            doNotPerform=True,
            code=NAMED,
            subject=ref("Patient/p"),
        ),
        FORBIDDEN,
    ),
    "plan for a goal": (plan(True), FORBIDDEN),
    "plan": (plan(False), FORBIDDEN),
    "goal": (
        lambda how: of("Goal", "x", lifecycleStatus=how, description=NAMED, subject=ref("Patient/p")),
        ("entered-in-error",),
    ),
    "observation": (
        lambda how: of("Observation", "x", status=how, code=NAMED, valueBoolean=True, subject=ref("Patient/p")),
        ("entered-in-error",),
    ),
    "device": (
        lambda how: of(
            "DeviceUseStatement", "x", status=how, device={"display": "The thing denied"}, subject=ref("Patient/p")
        ),
        ("entered-in-error",),
    ),
    "family": (
        lambda how: of(
            "FamilyMemberHistory",
            "x",
            status=how,
            relationship=coded("FTH"),
            condition=[{"code": NAMED}],
            patient=ref("Patient/p"),
        ),
        ("entered-in-error",),
    ),
}
"""By what is denied: the resource of a way to deny it, and the ways."""

GOAL = of("Goal", "g", lifecycleStatus="active", description={"text": "Food"}, subject=ref("Patient/p"))
LISTED = ("", "11450-4", "29762-2", "18776-5", "99999-9")
"""Sections of a Composition that may list the resource; the first: no Composition."""


def source(resource: dict[str, Any], section: str) -> bytes:
    listing = {
        "code": coded(section, "http://loinc.org"),
        "title": "Listed",
        "entry": [ref(f"{resource['resourceType']}/x")],
    }
    around = of("Composition", "c", status="final", title="All", subject=ref("Patient/p"), section=[listing])
    return bundle(*([around] if section else []), RESOURCES[0], GOAL, resource)


@quick(max_examples=60, deadline=None)
@given(
    case=st.sampled_from([(name, way) for name, (_, ways) in DENIED.items() for way in ways]),
    kind=st.sampled_from([f"{kind}@{release}" for kind in KINDS for release in ("2.1", "4.0")]),
    section=st.sampled_from(LISTED),
)
def test_what_is_denied_is_never_told_as_true(case: tuple[str, str], kind: str, section: str) -> None:
    name, way = case
    resource = DENIED[name][0](way)
    document = written(source(resource, section), kind)
    root = etree.fromstring(document)
    for named in [each for each in root.iter() if each.get("code") == CODE or each.text == "The thing denied"]:
        around = [named, *named.iterancestors()]
        in_text = any(each.tag == f"{V3}text" for each in around)
        assert in_text or any(each.get("negationInd") == "true" for each in around)
        if in_text and any(each.tag == f"{V3}tr" for each in around):
            row = next(each for each in around if each.tag == f"{V3}tr")
            assert "yes" in [cell.text for cell in row.iter(f"{V3}td")]
    if way == "entered-in-error":
        assert CODE.encode() not in document
        assert b"The thing denied" not in document
    back = convert(document, to="fhir").value
    assert back is not None
    assert not [
        each["resource"] for each in back["entry"] if CODE in codes(each["resource"]) and positive(each["resource"])
    ]


@pytest.mark.parametrize("name", [name for name, (_, ways) in DENIED.items() if set(ways) - {"entered-in-error"}])
def test_what_is_denied_is_told(name: str) -> None:
    made, ways = DENIED[name]
    for way in set(ways) - {"entered-in-error", "declined", "cancelled"}:
        assert b"The thing denied" in written(source(made(way), ""))
