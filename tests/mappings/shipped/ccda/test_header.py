"""People, organizations and the patient's attributes of a document's header, as real documents say them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mappings.shipped.ccda.clinical import bundle, document, resources, section

RECIPIENT = (
    "<informationRecipient><intendedRecipient><informationRecipient><name><given>Nan</given><family>Nurse</family>"
    "</name></informationRecipient><receivedOrganization><name>Ward 4</name></receivedOrganization>"
    "</intendedRecipient></informationRecipient>"
)


def with_header(inside: str, source: str = "") -> str:
    return (source or document(section("11450-4"))).replace("<component>", inside + "<component>", 1)


def with_patient(inside: str) -> str:
    return document(section("11450-4")).replace("<birthTime", inside + "<birthTime", 1)


def of_type(source: str, kind: str) -> list[dict[str, Any]]:
    return resources(source, kind)


def test_recipients_without_ids_are_told() -> None:
    made = bundle(with_header(RECIPIENT))
    by_url = {each["fullUrl"]: each["resource"] for each in made["entry"]}
    (who,) = [
        each["agent"][0]["who"]["reference"]
        for each in by_url.values()
        if each["resourceType"] == "Provenance" and "IRCP" in str(each["agent"])
    ]
    role = by_url[who]
    assert by_url[role["practitioner"]["reference"]]["name"][0]["family"] == "Nurse"
    assert by_url[role["organization"]["reference"]]["name"] == "Ward 4"


def test_a_signer_whose_organization_is_null_is_still_somebody() -> None:
    signer = (
        '<legalAuthenticator><time value="20240301"/><signatureCode code="S"/><assignedEntity><id nullFlavor="NI"/>'
        "<assignedPerson><name><given>Sig</given><family>Ner</family></name></assignedPerson><representedOrganization>"
        '<id nullFlavor="NI"/><name nullFlavor="UNK"/></representedOrganization></assignedEntity></legalAuthenticator>'
    )
    names = [name["family"] for each in of_type(with_header(signer), "Practitioner") for name in each.get("name", [])]
    assert "Ner" in names


def test_an_informant_that_is_an_organization_is_told() -> None:
    informant = (
        "<informant><assignedEntity><id nullFlavor='NI'/><representedOrganization><name>Registry</name>"
        "</representedOrganization></assignedEntity></informant>"
    )
    assert "Registry" in [each.get("name") for each in of_type(with_header(informant), "Organization")]


def test_a_participant_keeps_function_and_time() -> None:
    participant = (
        '<participant typeCode="CALLBCK"><functionCode code="PCP" codeSystem="2.16.840.1.113883.5.88"/><time>'
        '<low value="20240101"/></time><associatedEntity classCode="PROV"><id root="2.16.840.1.113883.4.6"'
        ' extension="1999999992"/><associatedPerson><name><family>Call</family></name></associatedPerson>'
        "</associatedEntity></participant>"
    )
    (told,) = [each for each in of_type(with_header(participant), "Provenance") if "CALLBCK" in str(each)]
    assert told["agent"][0]["role"][0]["coding"][0]["code"] == "PCP"
    assert told["occurredPeriod"] == {"start": "2024-01-01"}


CDCREC = 'codeSystem="2.16.840.1.113883.6.238"'


@pytest.mark.parametrize(
    ("said", "categories", "text"),
    [
        (f'<raceCode code="2106-3" {CDCREC} displayName="White"/>', ["2106-3"], "White"),
        (f'<raceCode nullFlavor="OTH"><translation code="2106-3" {CDCREC}/></raceCode>', ["2106-3"], "2106-3"),
        ('<raceCode nullFlavor="UNK"/>', ["UNK"], "Unknown"),
        ('<raceCode nullFlavor="ASKU"/>', ["ASKU"], "Asked but unknown"),
        ('<raceCode nullFlavor="NI"/>', [], ""),
    ],
)
def test_race_with_and_without_a_code(said: str, categories: list[str], text: str) -> None:
    (patient,) = of_type(with_patient(said), "Patient")
    parts = [
        part for each in patient.get("extension", []) if "us-core-race" in each["url"] for part in each["extension"]
    ]
    assert [part["valueCoding"]["code"] for part in parts if part["url"] == "ombCategory"] == categories
    assert "".join(part["valueString"] for part in parts if part["url"] == "text") == text


def test_a_gender_that_only_a_translation_says() -> None:
    source = document(section("11450-4")).replace(
        '<administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/>',
        '<administrativeGenderCode nullFlavor="OTH"><translation code="M" codeSystem="2.16.840.1.113883.5.1"/>'
        "</administrativeGenderCode>",
    )
    assert of_type(source, "Patient")[0]["gender"] == "male"


def test_an_id_that_is_no_oid_is_kept() -> None:
    source = document(section("11450-4")).replace(
        '<id root="2.16.840.1.113883.19.2" extension="P1"/>', '<id root="MRN 7"/>'
    )
    assert of_type(source, "Patient")[0]["identifier"] == [{"value": "MRN 7"}]
