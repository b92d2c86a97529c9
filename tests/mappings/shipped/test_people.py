"""People of a message: in which role, by which identifier, and those of whom there is a name alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.mappings.shipped.messages import OF_PATIENT, VERIFIED, adt, back, code, codes, forward, one, resources, told

PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
ROLES = ["ROL||UC|PP|D1^Who~D2^Bo", "PV1|1|I", "ROL||UC|AT|D3^Jo~D4^Di", "PR1|1||X^Op", "ROL||UC|AT|D5^Al~D6^Em"]


@pytest.mark.parametrize("written", [ROLES, [each.replace("ROL||UC|", "PRT||UC||") for each in ROLES]])
def test_several_in_one_role_are_each_in_that_role(written: list[str]) -> None:
    made = forward(adt("PID|1||7^^^GH^MR||Stone", *written, version="2.8"))
    patient, visit, procedure = (one(made, kind) for kind in ("Patient", "Encounter", "Procedure"))
    assert len(patient["generalPractitioner"]) == len(visit["participant"]) == len(procedure["performer"]) == 2
    roles = resources(made, "PractitionerRole")
    assert len({each["practitioner"]["reference"] for each in roles}) == len(roles) == 4
    assert made.document is not None
    again = back(made.document).document
    assert again is not None
    wanted = [("PP", "D1^Who"), ("PP", "D2^Bo"), *(("AT", each) for each in ("D3^Jo", "D4^Di", "D5^Al", "D6^Em"))]
    assert [(each.fields[3].split("^")[0], each.fields[4]) for each in again.root.all("ROL")] == wanted
    assert {row.status for row in made.ledger.rows() if row.path.startswith(("ROL[1]-4", "PRT[1]-5"))} == {"mapped"}


def test_members_of_a_team_who_share_a_role_are_members_each() -> None:
    made = forward(adt("PID|1||7^^^GH^MR||Stone", "ROL||UC|RT|D1^Who~D2^Bo"))
    assert [each["role"][0]["coding"][0]["code"] for each in one(made, "CareTeam")["participant"]] == ["RT", "RT"]


NPI = "http://hl7.org/fhir/sid/us-npi"


@pytest.mark.parametrize(
    ("sent", "system", "kind", "said"),
    [
        ("1234567893^Stone^^^^^^^GH^L^^^NPI", NPI, "NPI", False),
        ("1234567893^Stone^^^^^^^GH^L^^NPI", NPI, "NPI", True),
        ("1234567893^Stone^^^^^^^GH^L^NPI", NPI, "NPI", True),
        ("1234567893^Stone^^^^^^^GH^NPI", NPI, "NPI", True),
        ("1234567893^Stone^^^^^^NPI", NPI, None, False),
        ("1234567890^Stone^^^^^^NPI", None, None, False),
        ("77^Stone^^^^^^^GH^L^^EI", None, "EI", True),
        ("77^Stone^^^^^^^GH^L^7^M11", None, None, False),
    ],
)
def test_a_type_of_identifier_in_another_place_is_one_where_it_can_be_nothing_else(
    sent: str, system: str | None, kind: str | None, said: bool
) -> None:
    made = forward(adt("PID|1||7^^^GH^MR||Stone", "PV1|1|I|||||" + sent))
    (identifier,) = one(made, "Practitioner")["identifier"]
    assert identifier.get("system") == system
    assert identifier.get("type", {"coding": [{"code": None}]})["coding"][0]["code"] == kind
    assert ("MAP-0211" in codes(made)) is said
    assert all(each.get("valueString") not in ("EI", "L") for each in identifier.get("extension", ()))


@pytest.mark.parametrize(("sent", "kind"), [("7^^^MR", "MR"), ("7^^MR^GH", "MR"), ("7^PI", "PI"), ("7^X^M11^GH", None)])
def test_a_patients_type_of_identifier_in_another_place(sent: str, kind: str | None) -> None:
    made = forward(adt(f"PID|1||{sent}||Stone"))
    (identifier,) = one(made, "Patient")["identifier"]
    assert identifier.get("type", {"coding": [{"code": None}]})["coding"][0]["code"] == kind
    assert ("MAP-0211" in codes(made)) is (kind is not None)


def test_names_of_which_there_is_no_resource() -> None:
    """References that lead nowhere and say a name: it is written, and read back as one."""
    written = told(
        {
            "resourceType": "Encounter",
            "serviceProvider": {"display": "General Hospital"},
            "participant": [
                {"type": [code("ATND", PARTICIPATION)], "individual": {"display": "Ronald Bone"}},
                {"type": [code("PPRF", PARTICIPATION)], "individual": {"display": "Joy", "type": "Practitioner"}},
                {"type": [code("CON", PARTICIPATION)], "individual": {"identifier": {"system": NPI, "value": "1"}}},
            ],
            "location": [{"status": "active", "location": {"display": "Ward 5"}}],
        },
        {"resourceType": "Condition", "code": code("X1"), "asserter": {"display": "Dr. Who"}},
        {
            "resourceType": "Coverage",
            **OF_PATIENT,
            "subscriber": {"display": "Bob"},
            "policyHolder": {"display": "Bob"},
        },
    )
    by = dict(each.split("|", 1) for each in written)
    fields = ["PV1", *by["PV1"].split("|")]
    assert (fields[3], fields[7], fields[9].split("^")[0]) == ("Ward 5", "^Ronald Bone", "1")
    assert by["PV2"].endswith("|General Hospital")
    assert by["ROL"].split("|")[2:4] == [f"PPRF^^{PARTICIPATION}", "^Joy"]
    assert by["DG1"].endswith("|^Dr. Who")
    assert [number for number, text in enumerate(by["IN1"].split("|"), 1) if text == "Bob"] == [16]
    made = forward(adt("PID|1||7||Stone", *written[1:], version="2.8"))
    assert {each["name"][0]["family"] for each in resources(made, "Practitioner") if "name" in each} >= {
        "Ronald Bone", "Joy", "Dr. Who",
    }  # fmt: skip
    assert "General Hospital" in {each["name"] for each in resources(made, "Organization")}


def test_a_diagnosis_that_was_refuted_leaves_no_segment() -> None:
    visit = {"diagnosis": [{"condition": {"reference": f"Condition/{number}"}, "rank": number} for number in (1, 2)]}
    written = told(
        {"resourceType": "Encounter", **visit},
        {"resourceType": "Condition", "code": code("X1"), "verificationStatus": code("refuted", VERIFIED)},
        {"resourceType": "Condition", "code": code("X2")},
    )
    assert [each.split("|")[3] for each in written if each.startswith("DG1")] == ["X2"]


def test_what_several_mentions_say_of_one_organization_is_there_once() -> None:
    payer = "AE|Aetna|1 Ins Way^^Hartford^CT|Doe^Joe|^PRN^PH^^^555^1234"
    made = forward(adt("PID|1||7^^^GH^MR||Stone", f"IN1|1|P1|{payer}", f"IN1|2|P2|{payer}"))
    (aetna,) = [each for each in resources(made, "Organization") if each.get("name") == "Aetna"]
    assert [len(aetna[name]) for name in ("address", "contact", "identifier")] == [1, 1, 1]


def test_a_team_has_organizations_and_people_with_a_specialty_as_members() -> None:
    made = forward(
        adt(
            "PID|1||7^^^GH^MR||Stone",
            "ROL||UC|FHCP||||||||||| Home Care^^O2".replace("| H", "|H"),
            "PRT|1|UC||PH|D5^Cc|||||||||5 Main^^X|^PRN^PH^^^555^9999",
            "PRT|2|UC||PH|D6^Dd|SPX^Specialty",
            "PRT|3|UC||PH||||Org Four^^O4",
            version="2.8",
        )
    )
    members = [each["member"]["reference"] for each in one(made, "CareTeam")["participant"]]
    assert made.document is not None
    known = {each["fullUrl"]: each["resource"] for each in made.document.root["entry"]}
    assert [known[each]["resourceType"] for each in members] == [
        "Organization", "Practitioner", "Organization", "PractitionerRole",
    ]  # fmt: skip
    assert known[members[1]]["telecom"][0]["value"] == "555 9999"
    assert known[members[3]]["specialty"][0]["coding"][0]["code"] == "SPX"


@pytest.mark.parametrize(
    ("sent", "system"),
    [("123-45-6789", True), ("123456789", True), ("XXX-XX-1234", False), ("A1234", False), ("1234567890", False)],
)
def test_only_nine_digits_are_a_social_security_number(sent: str, system: bool) -> None:
    made = forward(adt("PID|1||7^^^GH^MR||Stone" + "|" * 14 + sent))
    (found,) = [each for each in one(made, "Patient")["identifier"] if each["value"] == sent]
    assert found["type"]["coding"][0]["code"] == "SS"
    assert ("system" in found, "MAP-0212" in codes(made)) == (system, not system)


def test_the_identifier_of_a_place_is_that_of_the_most_granular() -> None:
    made = forward(adt("PID|1||7^^^GH^MR||Stone", "PV1|1|I|4E^12^B^GH^^^^^^LOC77&GH&1.2.3&ISO"))
    places = {each["name"]: [its["value"] for its in each["identifier"]] for each in resources(made, "Location")}
    assert places == {"GH": ["GH"], "4E": ["4E"], "12": ["12"], "B": ["B", "LOC77"]}


@pytest.mark.parametrize(
    ("sent", "has_time"), [("1980020304", True), ("19800203-0400-0400", False), ("19800203", False)]
)
def test_a_birth_has_a_time_where_one_was_sent(sent: str, has_time: bool) -> None:
    patient = one(forward(adt(f"PID|1||7^^^GH^MR||Stone||{sent}")), "Patient")
    assert (patient["birthDate"], "_birthDate" in patient) == ("1980-02-03", has_time)


def bare(**elements: object) -> dict[str, object]:
    return {"resourceType": "AllergyIntolerance", **OF_PATIENT, "code": code("X1"), **elements}


def test_allergies_of_others_say_their_kind_and_how_bad_they_are() -> None:
    written = told(
        bare(category=["medication"], criticality="high", reaction=[{"manifestation": [code("Z"), {"text": "Rash"}]}]),
        bare(
            category=["food"],
            reaction=[{"severity": "moderate", "manifestation": [{"coding": [{"display": "Hives"}]}]}],
        ),
    )
    assert [each for each in written if each.startswith("AL1")] == ["AL1|1|DA|X1|SV|Rash", "AL1|2|FA|X1|MO|Hives"]


def test_an_adverse_reaction_is_an_allergy_where_the_structure_knows_no_other() -> None:
    known = bare(identifier=[{"value": "7"}], onsetDateTime="2020-01-02", reaction=[{"manifestation": [code("Z9")]}])
    assert told(known)[-1] == "AL1|1||X1||Z9|20200102"
    assert told(bare(), target="ADT_A60@2.5.1")[-1] == "IAM|1||X1"


def test_nobody_but_the_case_manager_is_one() -> None:
    team = {
        "resourceType": "CareTeam",
        "participant": [
            {"role": [code("Z1")], "member": {"reference": "Patient/p", "display": "Stone"}},
            {"role": [code("768832004", "http://snomed.info/sct")], "member": {"display": "Casey"}},
        ],
    }
    assert [each for each in told(team, target="ADT_A01@2.8") if each.startswith("IN3")] == [
        "IN3|1" + "|" * 20 + "Casey"
    ]


def test_how_the_insured_is_related_in_the_words_of_fhir() -> None:
    relationship = code("self", "http://terminology.hl7.org/CodeSystem/subscriber-relationship")
    coverage = {"resourceType": "Coverage", **OF_PATIENT, "subscriberId": "9", "relationship": relationship}
    assert told(coverage)[-1].split("|")[17] == "SEL"


def test_a_place_and_a_person_of_whom_nothing_more_is_said_are_told() -> None:
    written = told(
        {
            "resourceType": "Encounter",
            "location": [{"location": {"display": "Ward 5"}}],
            "participant": [{"individual": {"display": "Joy"}}],
            "type": [{"coding": [{"code": "Z", "display": "Zeta", "system": "http://snomed.info/sct"}]}],
        }
    )
    fields = next(each for each in written if each.startswith("PV1")).split("|")
    assert (fields[3], fields[4], fields[52]) == ("Ward 5", "Z^Zeta^SCT", "^Joy")


def test_a_local_code_keeps_its_text_beside_a_table() -> None:
    visit = one(forward(adt("PID|1||7^^^GH^MR||Stone", "PV1|1|I||X^Local thing^SCT")), "Encounter")
    assert visit["type"] == [{"coding": [{"code": "X", "display": "Local thing", "system": "http://snomed.info/sct"}]}]


@pytest.mark.parametrize(
    ("segment", "field"),
    [
        ("IN1|1|P1|AE|Aetna^^^^^^^^^AE1", 4),
        ("PV1||I|4E^12^B^GH^^^^^^LOC77", 3),
        ("PV1||I|4E" + "|" * 36 + "G", 39),
    ],
)
def test_identifiers_come_back_where_they_stood(segment: str, field: int) -> None:
    made = forward(adt("PID|1||7^^^GH^MR||Stone", segment))
    assert made.document is not None
    again = back(made.document).document
    assert again is not None
    assert again.root.first(segment[:3]).fields[field] == segment.split("|")[field]


@pytest.mark.parametrize("own", [[], [code("doctor", "http://terminology.hl7.org/CodeSystem/practitioner-role")]])
def test_an_attender_told_with_his_specialty_is_the_attending_doctor(own: list[dict[str, Any]]) -> None:
    attending = code("ATND", "http://terminology.hl7.org/CodeSystem/v3-ParticipationType")
    visit = {
        "resourceType": "Encounter", "status": "in-progress", "class": {"code": "IMP"},
        "participant": [{"type": [attending], "individual": {"reference": "http://gh.example/PractitionerRole/1"}}],
    }  # fmt: skip
    role = {
        "resourceType": "PractitionerRole",
        "practitioner": {"reference": "http://gh.example/Practitioner/2"},
        "code": own,
    }
    doctor = {"resourceType": "Practitioner", "name": [{"family": "Dale", "given": ["Bob"]}]}
    (stay,) = [each for each in told(visit, role, doctor, target="ADT_A01@2.3.1") if each.startswith("PV1")]
    assert stay.split("|")[7] == "^Dale^Bob"


def test_a_role_of_a_visit_is_not_its_attending_doctor_too() -> None:
    made = forward(adt("PID|1||7^^^GH^MR||Stone", "PV1|1|I", "ROL|1|AD|AT^Attending^HL70443|P1^Hill^Ann"))
    assert made.document is not None
    again = back(made.document).document
    assert again is not None
    assert again.root.raw.decode().rstrip("\r").split("\r")[-2:] == [
        "PV1|1|I",
        "ROL|1|UC|AT^Attending^HL70443|P1^Hill^Ann",
    ]
