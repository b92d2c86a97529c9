"""What other tools call the same columns: rosters and referrals are known, and no column of them is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gateway import convert, explain

ROSTER = """Plan Name: Blue Valley Medicaid
Report date: 04/01/2026

Member Number,Subscriber Number,Relation,Member Last Name,Member First Name,DOB,Gender,Addr 1,Addr 2,City,ST,Zip Code,\
Patient's Phone,Primary Language,MBI,Medicaid #,Eff Date,Term Date,PCP,PCP NPI,Opt Out,DOD
00012345,00012345,Self,Haddad,Layla,07/14/1955,F,12 Elm,Apt 3,Worcester,MA,1604,508-555-0111,Arabic,1EG4-TE5-MK73,,\
01/01/2026,,"Chen, Wei MD",1234567893,N,
00012347,00012345,Child,Haddad,نور,05/06/2010,U,12 Elm,Apt 3,Worcester,MA,1604-2211,,Spanish,,AA1,01/01/2026,,,,,
Total members,2
""".replace("\\\n", "")


def of_type(source: Path, kind: str) -> list[dict[str, Any]]:
    made = convert(source, to="fhir").value
    return [entry["resource"] for entry in made["entry"] if entry["resource"]["resourceType"] == kind]


def unmapped(source: Path) -> list[str]:
    return [row.path for row in explain(source, to="fhir") if row.status == "unmapped"]


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_a_roster_under_titles_with_a_total_below(tmp_path: Path) -> None:
    source = written(tmp_path, "attribution.csv", ROSTER)
    first, second = of_type(source, "Patient")
    assert (first["identifier"][0]["value"], first["name"][0]["family"]) == ("00012345", "Haddad")
    assert first["telecom"] == [{"value": "508-555-0111", "system": "phone"}]
    assert first["address"][0]["line"] == ["12 Elm", "Apt 3"]
    assert [each["value"] for each in second["identifier"]] == ["00012347", "AA1"]
    assert second["name"][0]["given"] == ["نور"]
    assert all(path.endswith('column Q "Eff Date", left out (CSV-0102)') for path in unmapped(source))


def test_a_list_of_members_without_subscribers(tmp_path: Path) -> None:
    listed = "Member ID;Last;First;Date of birth;Sex;Zip\nA1;Berg;Åse;31/12/1980;F;02139\nA2;Li;王;05/06/1975;M;02139\n"
    people = of_type(written(tmp_path, "enrollees.csv", listed), "Patient")
    assert [each["birthDate"] for each in people] == ["1980-12-31", "1975-06-05"]


def test_a_referral_export_shaped_like_service_requests(tmp_path: Path) -> None:
    exported = (
        "servicerequest_id,person_id,person_firstname,person_lastname,person_dob,servicerequest_status,"
        "servicerequest_category_code,servcierequest_authoredon\n"
        "SQ1,P9,Zoë,Nguyen,1999-09-09,completed,food-insecurity,2026-01-05T09:00:00-05:00\n"
        "SQ2,P9,Zoë,Nguyen,1999-09-09,active,housing-instability,2026-01-06T09:00:00-05:00\n"
    )
    source = written(tmp_path, "service-requests.csv", exported)
    assert [each["status"] for each in of_type(source, "ServiceRequest")] == ["completed", "active"]
    (person,) = of_type(source, "Patient")
    assert (person["name"][0]["given"], person["birthDate"]) == (["Zoë"], "1999-09-09")
    assert unmapped(source) == []


def test_a_directory_of_services_as_hsds_2_has_it(tmp_path: Path) -> None:
    files = {
        "organization.csv": "id,name,description,url\nO1,Casa,Ayuda,http://casa.example\n",
        "service.csv": "id,organization_id,name,status\nS1,O1,Food Pantry,active\n",
        "location.csv": "id,organization_id,name,latitude,longitude\nL1,O1,Main Hall,42.3601,-71.0589\n",
        "service_at_location.csv": "id,service_id,location_id\nA1,S1,L1\n",
        "regular_schedule.csv": "id,service_id,weekday,opens_at,closes_at\nR,S1,Monday,9:00,5 PM\nQ,S1,2,09:00,12:30\n",
        "eligibility.csv": "id,service_id,eligibility\nE1,S1,Low income\n",
        "service_area.csv": "id,service_id,service_area\nB1,S1,Suffolk County\n",
        "taxonomy.csv": "id,name,parent_id,vocabulary\nT1,Food,,Ours\n",
        "service_taxonomy.csv": "id,service_id,taxonomy_id\nX1,S1,T1\n",
    }
    for name, text in files.items():
        written(tmp_path, name, text)
    (service,) = of_type(tmp_path, "HealthcareService")
    assert service["availableTime"] == [
        {"availableStartTime": "09:00:00", "availableEndTime": "17:00:00", "daysOfWeek": ["mon"]},
        {"availableStartTime": "09:00:00", "availableEndTime": "12:30:00", "daysOfWeek": ["tue"]},
    ]
    assert service["eligibility"] == [{"comment": "Low income"}]
    assert service["type"] == [{"coding": [{"display": "Food"}]}]
    assert "Suffolk County" in [each.get("name") for each in of_type(tmp_path, "Location")]
    assert unmapped(tmp_path) == []


def test_what_claims_a_profile_satisfies_it(tmp_path: Path) -> None:
    from gateway import validate

    exported = (
        "referral_id,client_id,first_name,last_name,service,status,date_sent,outcome,deleted,referring_organization\n"
        "R1,C1,Ann,Hill,Meals,Closed - Need Met,2026-01-05,Food box,,Clinic\n"
        "R2,C2,Bo,Hull,Meals,completed,2026-01-05,,,Clinic\n"
        "R3,C3,Cy,Hall,Rent,active,2026-01-05,,Y,Clinic\n"
    )
    source = written(tmp_path, "referrals.csv", exported)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "gateway.yaml").write_text("authorities: {person_id: 'urn:oid:2.999.1'}\n")
    made = convert(source, to="fhir", site=tmp_path / "site").value
    found = validate(made)["issue"]
    assert [each for each in found if each["severity"] in ("error", "fatal")] == []
    people = [entry["resource"] for entry in made["entry"] if entry["resource"]["resourceType"] == "Patient"]
    assert [bool(each.get("meta", {}).get("profile")) for each in people] == [True, True, False]
