"""R4's types by path: what the map compiler stands on."""

from __future__ import annotations

import pytest

from conformance.definitions import r4


@pytest.mark.parametrize(
    ("path", "types", "many"),
    [
        ("Patient", ("Patient",), False),
        ("Patient.id", ("id",), False),
        ("Patient.name", ("HumanName",), True),
        ("Patient.contact", ("BackboneElement",), True),
        ("Patient.contact.name.given", ("string",), True),
        ("HumanName.given", ("string",), True),
        ("Encounter.hospitalization.dischargeDisposition.coding.code", ("code",), False),
        ("Observation.valueQuantity.value", ("decimal",), False),
        ("Observation.component.referenceRange.low.unit", ("string",), False),
        ("Questionnaire.item.item.item.linkId", ("string",), False),
        ("Patient.birthDate.extension.valueCode", ("code",), False),
        ("Patient.contact.modifierExtension", ("Extension",), True),
        ("Bundle.entry.resource", ("Resource",), False),
        ("Patient.text.div", ("xhtml",), False),
    ],
)
def test_an_element_is_found_by_its_path(path: str, types: tuple[str, ...], many: bool) -> None:
    found = r4.element(path)
    assert found is not None
    assert (found.types, found.many) == (types, many)


@pytest.mark.parametrize("path", ["", "Nothing", "Patient.nothing", "Patient.name.nothing", "Observation.value[x]"])
def test_what_r4_lacks_is_none(path: str) -> None:
    assert r4.element(path) is None


def test_facts_of_an_element() -> None:
    subject, status = r4.element("Encounter.subject"), r4.element("Encounter.status")
    assert subject is not None
    assert subject.targets == ("Patient", "Group")
    assert status is not None
    assert (status.min, status.binding) == (1, ("required", "http://hl7.org/fhir/ValueSet/encounter-status"))


def test_children_are_in_the_standards_order() -> None:
    names = list(r4.children("Patient"))
    assert names[:4] == ["id", "meta", "implicitRules", "language"]
    assert names.index("deceasedBoolean") + 1 == names.index("deceasedDateTime")
    assert list(r4.children("Timing.repeat"))[:3] == ["id", "extension", "boundsDuration"]


def test_kinds_of_types() -> None:
    assert r4.is_resource("Patient")
    assert not r4.is_resource("HumanName")
    assert r4.is_primitive("dateTime")
    assert not r4.is_primitive("Patient")
