"""Nothing that a document negates becomes positive, at whichever level it is negated."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as quick
from hypothesis import strategies as st

from tests.mappings.shipped.ccda.clinical import CVX, RXNORM, SNOMED, T, bundle, codes, document, section

CODE = "733423003"
"""What every statement below names."""


def value(code: str = CODE) -> str:
    return f'<value xsi:type="CD" code="{code}" codeSystem="{SNOMED}" displayName="Named"/>'


def observation(template: str, negated: str, inside: str, mood: str = "EVN") -> str:
    return (
        f'<observation classCode="OBS" moodCode="{mood}"{negated}><templateId root="{T}{template}"/><id root="1.2.3"/>'
        f'<code code="64572001" codeSystem="{SNOMED}"/><statusCode code="completed"/>{inside}</observation>'
    )


def act(template: str, negated: str, inside: str) -> str:
    return (
        f'<act classCode="ACT" moodCode="EVN"{negated}><templateId root="{T}{template}"/><id root="1.2.4"/>'
        f'<code code="CONC" codeSystem="2.16.840.1.113883.5.6"/><statusCode code="active"/>'
        f"<entryRelationship>{inside}</entryRelationship></act>"
    )


def substance(tag: str, template: str, negated: str, system: str) -> str:
    return (
        f'<{tag} classCode="SBADM" moodCode="EVN"{negated}><templateId root="{T}{template}"/><id root="1.2.5"/>'
        f'<statusCode code="completed"/><consumable><manufacturedProduct><manufacturedMaterial>'
        f'<code code="{CODE}" codeSystem="{system}"/></manufacturedMaterial></manufacturedProduct></consumable></{tag}>'
    )


def coded(tag: str, kind: str, template: str, mood: str, negated: str) -> str:
    return (
        f'<{tag} classCode="{kind}" moodCode="{mood}"{negated}><templateId root="{T}{template}"/><id root="1.2.6"/>'
        f'<code code="{CODE}" codeSystem="{SNOMED}"/><statusCode code="completed"/></{tag}>'
    )


ALLERGEN = (
    '<participant typeCode="CSM"><participantRole><playingEntity>'
    f'<code code="{CODE}" codeSystem="{RXNORM}"/></playingEntity></participantRole></participant>'
)

STATEMENTS = {
    "allergy": lambda n, o: act("30", o, observation("7", n, value("419199007") + ALLERGEN)),
    "problem": lambda n, o: act("3", o, observation("4", n, value())),
    "concern": lambda n, o: act("132", o or n, observation("4", n, value())),
    "diagnosis": lambda n, o: act("80", o, observation("4", n, value())),
    "medication": lambda n, o: substance("substanceAdministration", "16", n or o, RXNORM),
    "immunization": lambda n, o: substance("substanceAdministration", "52", n or o, CVX),
    "procedure": lambda n, o: coded("procedure", "PROC", "14", "EVN", n or o),
    "procedure act": lambda n, o: coded("act", "ACT", "12", "EVN", n or o),
    "planned": lambda n, o: coded("procedure", "PROC", "41", "RQO", n or o),
    "planned act": lambda n, o: coded("act", "ACT", "39", "INT", n or o),
    "intervention": lambda n, o: act("131", o, coded("procedure", "PROC", "14", "EVN", n)),
    "social history": lambda n, o: observation("38", n or o, value()),
    "result": lambda n, o: observation("2", n or o, value()),
    "vital sign": lambda n, o: observation("27", n or o, value()),
    "scale": lambda n, o: observation("69", n or o, value()),
    "goal": lambda n, o: observation("121", n or o, value(), "GOL"),
    "functional status": lambda n, o: observation("67", n or o, value()),
}
"""Entries by kind, of the negation at the statement and at the act around it (where there is one)."""

NEGATED = ' negationInd="true"'


def positive(resource: dict[str, Any]) -> bool:
    """True when a resource says that what it names is, was or is to be."""
    kind = resource["resourceType"]
    if kind in ("Condition", "AllergyIntolerance"):
        return "refuted" not in codes(resource.get("verificationStatus"))
    if kind in ("MedicationRequest", "ServiceRequest"):
        return resource.get("doNotPerform") is not True
    if kind in ("Procedure", "Immunization"):
        return bool(resource["status"] != "not-done")
    return kind in ("Observation", "Goal", "Encounter")


def naming(entry: str, code: str) -> list[dict[str, Any]]:
    made = bundle(document(section(code, entry)))
    return [each["resource"] for each in made["entry"] if CODE in codes(each["resource"])]


@pytest.mark.parametrize("kind", STATEMENTS)
def test_what_is_said_positively_is_positive(kind: str) -> None:
    found = naming(STATEMENTS[kind]("", ""), "29762-2")
    assert found
    assert all(positive(each) for each in found)


@quick(max_examples=40)
@given(
    kind=st.sampled_from(sorted(STATEMENTS)),
    levels=st.sampled_from([(NEGATED, ""), ("", NEGATED), (NEGATED, NEGATED)]),
    code=st.sampled_from(["11450-4", "29762-2", "48765-2", "62387-6", "47519-4", "99999-9"]),
)
def test_what_is_negated_is_never_positive(kind: str, levels: tuple[str, str], code: str) -> None:
    assert not any(positive(each) for each in naming(STATEMENTS[kind](*levels), code))


@pytest.mark.parametrize(
    ("kind", "code"), [("414285001", "429625007"), ("416098002", "409137002"), ("419199007", "716186003")]
)
def test_no_known_allergy(kind: str, code: str) -> None:
    entity = '<playingEntity><code nullFlavor="NA"/></playingEntity>'
    nobody = f'<participant typeCode="CSM"><participantRole>{entity}</participantRole></participant>'
    entry = act("30", "", observation("7", NEGATED, value(kind) + nobody))
    (made,) = [
        each["resource"]
        for each in bundle(document(section("48765-2", entry)))["entry"]
        if each["resource"]["resourceType"] == "AllergyIntolerance"
    ]
    assert [each["code"] for each in made["code"]["coding"]] == [code]
    assert "refuted" not in codes(made)
