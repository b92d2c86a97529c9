"""Written documents claim the templates that they satisfy, in the versions of the release, and no others."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from gateway import convert
from tests.mappings.shipped.ccda.clinical import document, section
from tests.mappings.shipped.ccda.test_writing import KINDS, V3, errors, written
from tests.mappings.shipped.ccda.us_core import RESOURCES, bundle, of, ref

VITAL, CLUSTER = "2.16.840.1.113883.10.20.22.4.27", "2.16.840.1.113883.10.20.22.4.26"
MEDICATIONS = "2.16.840.1.113883.10.20.22.2.1"


def claims(node: Any) -> list[tuple[str, str]]:
    return [(each.get("root"), each.get("extension", "")) for each in node.iter(f"{V3}templateId")]


def sections(source: bytes, code: str) -> list[Any]:
    root = etree.fromstring(source)
    return [each for each in root.iter(f"{V3}section") if each.findall(f"{V3}code[@code='{code}']")]


@pytest.mark.parametrize("kind", KINDS)
def test_templates_that_r1_1_had_are_claimed_without_a_version_too(kind: str) -> None:
    made = set(claims(etree.fromstring(written(bundle(), f"{kind}@2.1"))))
    assert {(VITAL, ""), (VITAL, "2014-06-09")} <= made
    later = set(claims(etree.fromstring(written(bundle(), f"{kind}@4.0"))))
    assert (VITAL, "") not in later
    assert (VITAL, "2014-06-09") in later


def observed(status: str, **value: Any) -> bytes:
    category = {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]
    }
    weight = {"coding": [{"system": "http://loinc.org", "code": "29463-7", "display": "Body weight"}]}
    patient = {**RESOURCES[0]}
    made = of("Observation", "w", status=status, category=[category], code=weight, subject=ref("Patient/p"), **value)
    return bundle(patient, {**made, "effectiveDateTime": "2024-02-03"})


KILOS = {"valueQuantity": {"value": 70, "unit": "kg", "code": "kg", "system": "http://unitsofmeasure.org"}}


@pytest.mark.parametrize(
    ("status", "value", "satisfied"),
    [
        ("final", KILOS, True),
        ("preliminary", KILOS, False),
        ("unknown", KILOS, False),
        ("final", {"valueQuantity": {"value": 11, "unit": "stones of old"}}, False),
        ("final", {"valueString": "as before"}, False),
    ],
)
def test_what_lacks_something_a_template_asks_for_does_not_claim_it(status: str, value: Any, satisfied: bool) -> None:
    source = written(observed(status, **value))
    (vitals,) = sections(source, "8716-3")
    made = {root for root, _ in claims(vitals)}
    assert ({VITAL, CLUSTER} <= made) is satisfied
    assert (VITAL in made) is satisfied
    assert errors(source) == []
    back = convert(source, to="fhir").value
    assert back is not None
    (weight,) = [each["resource"] for each in back["entry"] if "29463-7" in str(each) and "value" in str(each)]
    assert weight["status"] == {"preliminary": "registered"}.get(status, status)  # `active` is both
    assert weight["category"][0]["coding"][0]["code"] == "vital-signs"


def test_a_section_in_words_says_that_its_entries_are_not_there() -> None:
    source = document(section("10160-0", text="Takes nothing regularly"))
    for release, template in (("2.1", MEDICATIONS), ("4.0", f"{MEDICATIONS}.1")):
        (told,) = sections(written(source.encode(), f"ccd@{release}"), "10160-0")
        assert told.get("nullFlavor") == "NI"
        assert "Takes nothing regularly" in "".join(told.itertext())
        assert template in {root for root, _ in claims(told)}
    (told,) = sections(written(source.encode(), "discharge-summary"), "10160-0")
    assert told.get("nullFlavor") is None


def test_sections_of_one_code_keep_what_both_say() -> None:
    first = section("34109-9", text="Feels better").replace("<title>Section", "<title>Morning")
    second = section("34109-9", text="Feels worse").replace("<title>Section", "<title>Evening")
    (told,) = sections(written(document(first, second).encode()), "34109-9")
    said = " ".join("".join(told.itertext()).split())
    assert "Feels better" in said
    assert "Evening" in said
    assert "Feels worse" in said
    assert len(told.findall(f"{V3}title")) == 1


def test_a_care_plan_tells_the_plan_of_treatment_as_interventions() -> None:
    source = written(document(section("18776-5", text="Call the pantry")).encode(), "care-plan")
    assert sections(source, "18776-5") == []
    assert "Call the pantry" in "".join(sections(source, "62387-6")[0].itertext())


def test_a_referral_note_has_assessment_and_plan_together_or_apart() -> None:
    source = written(document(section("51847-2", text="Hungry: call the pantry")).encode(), "referral-note")
    assert len(sections(source, "51847-2")) == 1
    assert not sections(source, "51848-0") + sections(source, "18776-5")
    assert errors(source) == []


def test_names_addresses_and_codes_are_what_the_header_asks_for() -> None:
    patient = of(
        "Patient",
        "p",
        name=[{"family": "Everywoman", "suffix": ["Jr.", "MD"]}],
        address=[{"line": ["1 High St"], "city": "Oxford", "postalCode": "OX1 4DP"}],
        maritalStatus={"coding": [{"system": "urn:oid:1.2.3", "code": "Living apart"}]},
    )
    source = written(bundle(patient))
    assert errors(source) == []
    assert b"<suffix>Jr., MD</suffix>" in source
    assert b"OX1 4DP" in source
    assert b"Living apart</originalText>" in source
