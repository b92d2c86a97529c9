"""Ids that identify, and those that don't: registers without a number, numbers without a register, null ids."""

from __future__ import annotations

from gateway import convert
from tests.mappings.shipped.ccda.clinical import RXNORM, T, document, resources, section

PATIENT = '<id root="2.16.840.1.113883.19.2" extension="P1"/>'
NPI, SSN = "2.16.840.1.113883.4.6", "2.16.840.1.113883.4.1"


def patient(*ids: str) -> str:
    return document(section("11450-4")).replace(PATIENT, "".join(ids))


def test_identifiers_of_a_patient() -> None:
    """The cases of HL7's table `CDA id -> FHIR Identifier`."""
    given = (
        f'<id root="{SSN}" extension="414122222"/>',
        f'<id root="{SSN}" extension="***-**-2222" nullFlavor="MSK"/>',
        '<id extension="Z1124"/>',
        f'<id root="{NPI}"/>',
        '<id root="67265ED2-35BB-43F8-B9DE-91C5935625E0"/>',
        '<id root="67265ED2-35BB-43F8-B9DE-91C5935625E1" extension="abcd"/>',
        '<id extension="77" nullFlavor="UNK"/>',
    )
    (found,) = resources(patient(*given), "Patient")
    assert [(each.get("system"), each["value"]) for each in found["identifier"]] == [
        ("http://hl7.org/fhir/sid/us-ssn", "414122222"),
        (None, "Z1124"),
        ("urn:ietf:rfc:3986", "urn:uuid:67265ed2-35bb-43f8-b9de-91c5935625e0"),
        ("urn:uuid:67265ed2-35bb-43f8-b9de-91c5935625e1", "abcd"),
        (None, "77"),
    ]


def test_a_register_without_a_number_makes_no_two_people_one() -> None:
    alone = patient(f'<id root="{SSN}"/>')
    other = alone.replace('extension="doc"', 'extension="other"')
    first, second = (resources(each, "Patient")[0] for each in (alone, other))
    assert "identifier" not in first
    assert first["id"] != second["id"]
    assert "MAP-0104" in {each.code for each in convert(alone, to="fhir").issues}


def test_an_author_known_by_organization_alone_is_the_organization() -> None:
    """`<id root=NPI>` without a number is no person's: the organization asked for the drug."""
    drug = f'<manufacturedMaterial><code code="316342" codeSystem="{RXNORM}"/></manufacturedMaterial>'
    author = (
        f'<author><time value="20240101"/><assignedAuthor><id root="{NPI}"/><representedOrganization>'
        "<name>Data Service</name></representedOrganization></assignedAuthor></author>"
    )
    entry = (
        f'<substanceAdministration classCode="SBADM" moodCode="EVN"><templateId root="{T}16"/>'
        f"<consumable><manufacturedProduct>{drug}</manufacturedProduct></consumable>{author}</substanceAdministration>"
    )
    source = document(section("10160-0", entry))
    (request,) = resources(source, "MedicationRequest")
    (organization,) = (each for each in resources(source, "Organization") if each["name"] == "Data Service")
    assert request["requester"] == {"reference": f"urn:uuid:{organization['id']}"}


def test_two_devices_under_one_id_are_two() -> None:
    devices = "".join(
        f'<entry><supply classCode="SPLY" moodCode="EVN"><templateId root="{T}50"/>'
        f'<statusCode code="completed"/><participant typeCode="PRD"><participantRole classCode="MANU">'
        f'<templateId root="{T}37"/><id root="24993f33-6222-41ce-add6-37a9d3da6acb"/><playingDevice>'
        f'<code code="{code}" codeSystem="2.16.840.1.113883.6.96"/></playingDevice></participantRole></participant>'
        "</supply></entry>"
        for code in ("14106009", "87405001")
    )
    source = document(section("46264-8").replace("</section>", f"{devices}</section>"))
    assert len(resources(source, "Device")) == len(resources(source, "DeviceUseStatement")) == 2
