"""Tables on their way: rules are asked of each person, restrictions keep people back, what was told isn't repeated."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gateway.config.site import Site
from gateway.people import People
from gateway.persons import Nobody
from gateway.pipeline import Worked, prepare, work
from gateway.plan import AUDIENCES, Rule, Work
from gateway.records import Person
from gateway.targets import target
from tests.gateway.harness import adt, channel, destination
from tests.gateway.pipeline.test_pipeline import envelope

HEAD = "MemberID,SubscriberID,LastName,FirstName,BirthDate,Sex,Zip,OptOut"
ANN = "M1,S1,Hill,Ann,1980-02-03,F,01005,N"
BO = "M2,S1,Hull,Bo,1981-02-03,M,13501,N"
CY = "M3,S1,Holl,Cy,1982-02-03,M,13501,Y"
ALL = Rule(name="all", to=("hub",))


@dataclass
class Mind(Nobody):
    """What a gateway remembers, without a store."""

    tellings: dict[tuple[str, str], dict[str, bytes]] = field(default_factory=dict)
    persons: dict[str, Person] = field(default_factory=dict)
    held: dict[bytes, frozenset[str]] = field(default_factory=dict)

    def person(self, name: str) -> Person | None:
        return self.persons.get(name)

    def holders(self, hashes: Sequence[bytes]) -> Mapping[bytes, frozenset[str]]:
        return {one: self.held[one] for one in hashes if one in self.held}

    def told(self, channel: str, destination: str) -> Mapping[str, bytes]:
        return self.tellings.get((channel, destination), {})

    def learn(self, worked: Worked) -> None:
        self.persons.update({one.id: one for one in worked.persons})
        for identity in worked.identities:
            self.held[identity.hash] = self.held.get(identity.hash, frozenset()) | {identity.person}
        for one in worked.told:
            self.tellings.setdefault((one.channel, one.destination), {})[one.subject] = one.digest


def setup(*rules: Rule, more: Mapping[str, Any] | None = None, **fields: Any) -> Work:
    hub = destination(**fields)
    return Work(
        site=Site(salt="exports-test"),
        channels={"adt": channel(format="csv", **(more or {}))},
        destinations={"hub": hub, "other": replace(hub, name="other")},
        rules=rules or (ALL,),
    )


def worked(body: str | bytes, plan: Work, mind: Mind | None = None) -> Worked:
    mind = mind or Mind()
    raw = body.encode() if isinstance(body, str) else body
    found = work(replace(envelope(raw), format="csv"), plan, mind)
    mind.learn(found)
    return found


def roster(*rows: str) -> str:
    return "\n".join((HEAD, *rows, ""))


def families(found: Worked, of: str = "hub") -> list[list[str]]:
    """For each delivery of FHIR the names in it."""
    bundles = [json.loads(one.payload) for one in found.deliveries if one.destination == of]
    return [
        [each["name"][0]["family"] for each in map(_resource, one["entry"]) if each["resourceType"] == "Patient"]
        for one in bundles
    ]


def _resource(entry: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = entry["resource"]
    return found


def counts(found: Worked) -> dict[str, int]:
    return {one.code: int(one.message.split()[0]) for one in found.issues if one.code in ("GW-0303", "GW-0304")}


def test_people_are_sent_as_updates_by_their_ids() -> None:
    (made,) = worked(roster(ANN, BO), setup()).deliveries
    bundle = json.loads(made.payload)
    assert bundle["type"] == "transaction"
    for entry in bundle["entry"]:
        resource = entry["resource"]
        assert entry["request"] == {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"}
    assert made.order_key == "adt", "a later export of the channel waits for this one"


def test_rules_are_asked_of_each_person_and_their_own_rows() -> None:
    by_fact = Rule(name="near", when={"postal_code": "01005"}, to=("hub",))
    by_row = Rule(name="row", when={"csv:members.sex": "male"}, to=("other",))
    found = worked(roster(ANN, BO), setup(by_fact, by_row))
    assert families(found) == [["Hill"]]
    assert families(found, "other") == [["Hull"]]
    assert {one.route for one in found.deliveries} == {"near", "row"}


def test_one_who_is_held_holds_nobody_else() -> None:
    hold = Rule(name="look", when={"postal_code": "13501"}, hold=AUDIENCES)
    found = worked(roster(ANN, BO), setup(ALL, hold))
    assert {one.held: families(replace(found, deliveries=(one,))) for one in found.deliveries} == {
        None: [["Hill"]],
        "look": [["Hull"]],
    }


def test_who_opted_out_goes_to_those_only_who_are_cleared() -> None:
    rows = roster(ANN, CY)
    found = worked(rows, setup())
    assert families(found) == [["Hill"]]
    assert counts(found) == {"GW-0303": 1}
    assert not any(b"Holl" in one.payload for one in found.deliveries)
    assert families(worked(rows, setup(cleared=frozenset({"R", "NOAUTH"})))) == [["Hill", "Holl"]]
    assert worked(roster(CY), setup()).deliveries == ()


def test_a_daily_export_tells_what_is_new() -> None:
    mind, plan = Mind(), setup()
    assert families(worked(roster(ANN, BO), plan, mind)) == [["Hill", "Hull"]]
    again = worked(roster(BO, ANN), plan, mind)
    assert (again.state, again.deliveries, counts(again)) == ("routed", (), {"GW-0304": 2})
    changed = worked(roster(ANN.replace("01005", "01007"), BO), plan, mind)
    assert (families(changed), counts(changed)) == ([["Hill"]], {"GW-0304": 1})
    assert families(worked(roster(ANN, BO), plan, mind)) == [["Hill"]], "as it was the day before is new, too"
    everybody = setup(Rule(name="all", to=("hub", "other")))
    assert families(worked(roster(ANN, BO), everybody, mind), "other") == [["Hill", "Hull"]]


def test_a_destination_that_wants_another_form_is_told_again() -> None:
    mind = Mind()
    worked(roster(ANN), setup(), mind)
    (made,) = worked(roster(ANN), setup(as_=target(None, "roster"), wanted="roster"), mind).deliveries
    assert made.format == "csv"


def test_messages_are_one_for_each_person_in_that_persons_order() -> None:
    plan = setup(as_=target(None, "ADT_A31@2.5.1"), wanted="ADT_A31@2.5.1")
    found = worked(roster(ANN, BO), plan)
    assert [one.payload.split(b"|")[8][:7] for one in found.deliveries] == [b"ADT^A31", b"ADT^A31"]
    assert len({one.order_key for one in found.deliveries}) == len({one.name for one in found.deliveries}) == 2


def test_tables_for_tables_are_one_document() -> None:
    (made,) = worked(roster(ANN, BO, CY), setup(as_=target(None, "roster"), wanted="roster")).deliveries
    assert made.payload.count(b"\r\n") == 3
    assert b"Holl" not in made.payload


def hmis(**rows: str) -> bytes:
    """One client with an enrollment, and what is said of them beside."""
    tables = {
        "Export": "ExportID,SourceID,ExportDate,CSVVersion,HashStatus\nE1,S,2026-05-01 10:00:00,2026 v1.0,1",
        "Client": "PersonalID,FirstName,LastName,NameDataQuality,DOB,Sex,DateCreated,DateUpdated,UserID,DateDeleted,"
        "ExportID\nP1,Ann,Hill,1,1980-02-03,0,2026-01-01 10:00:00,2026-01-02 10:00:00,U,,E1\n"
        "P2,Bo,Hull,1,1980-02-03,1,2026-01-01 10:00:00,2026-01-02 10:00:00,U,,E1",
        "Enrollment": "EnrollmentID,PersonalID,ProjectID,EntryDate,HouseholdID,RelationshipToHoH,LivingSituation,"
        "DateCreated,DateUpdated,UserID,DateDeleted,ExportID\n"
        "N1,P1,J1,2026-01-01,H1,1,116,2026-01-01 10:00:00,2026-01-02 10:00:00,U,,E1\n"
        "N2,P2,J1,2026-01-01,H2,1,435,2026-01-01 10:00:00,2026-01-02 10:00:00,U,,E1",
    } | rows
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in tables.items():
            archive.writestr(f"{name}.csv", text + "\n")
    return made.getvalue()


VIOLENCE = (
    "HealthAndDVID,EnrollmentID,PersonalID,InformationDate,DomesticViolenceSurvivor,CurrentlyFleeing,"
    "DataCollectionStage,DateCreated,DateUpdated,UserID,DateDeleted,ExportID\n"
    "D1,N1,P1,2026-01-01,1,1,1,2026-01-01 10:00:00,2026-01-02 10:00:00,U,,E1"
)


def test_a_survivor_of_violence_is_told_to_nobody_who_is_not_cleared() -> None:
    assert families(worked(hmis(), setup())) == [["Hill", "Hull"]]
    found = worked(hmis(HealthAndDV=VIOLENCE), setup())
    assert families(found) == [["Hull"]]
    (made,) = found.deliveries
    said = json.loads(made.payload)
    secret = People(_pivot(hmis(HealthAndDV=VIOLENCE)))
    hidden = {secret.entries[at]["resource"]["id"] for at in range(len(secret.entries)) if _is_of(secret, at, "Hill")}
    assert len(hidden) > 3
    assert hidden.isdisjoint(each["resource"]["id"] for each in said["entry"])
    assert not any(name.encode() in made.payload for name in hidden)


def _pivot(body: bytes) -> dict[str, Any]:
    plan = setup()
    prepared = prepare(body, plan.channels["adt"], plan, Nobody())
    assert not isinstance(prepared, tuple)
    root: dict[str, Any] = prepared.known.pivot.root
    return root


def _is_of(bundle: People, at: int, family: str) -> bool:
    names = [bundle.entries[who]["resource"].get("name", [{}])[0].get("family") for who in bundle.about[at]]
    return family in names


def test_clients_of_a_victim_service_are_told_to_nobody() -> None:
    tail = "2026-01-01 10:00:00,2026-01-02 10:00:00,U,,E1"
    own = "DateCreated,DateUpdated,UserID,DateDeleted,ExportID"
    project = f"ProjectID,OrganizationID,ProjectName,{own}\nJ1,O1,Beds,{tail}"
    organization = f"OrganizationID,OrganizationName,VictimServiceProvider,{own}\nO1,Haven,1,{tail}"
    found = worked(hmis(Project=project, Organization=organization), setup())
    said = b"".join(one.payload for one in found.deliveries)
    assert not any(name in said for name in (b"Hill", b"Hull", b"Haven"))
    assert counts(found) == {"GW-0303": 2}


def test_a_deleted_row_takes_back_what_it_said() -> None:
    mind, plan = Mind(), setup()
    worked(hmis(), plan, mind)
    client = (
        "PersonalID,FirstName,LastName,NameDataQuality,DOB,Sex,DateCreated,DateUpdated,UserID,DateDeleted,ExportID\n"
        "P1,Ann,Hill,1,1980-02-03,0,2026-01-01 10:00:00,2026-01-03 10:00:00,U,2026-01-03 10:00:00,E1\n"
        "P2,Bo,Hull,1,1980-02-03,1,2026-01-01 10:00:00,2026-01-02 10:00:00,U,,E1"
    )
    gone = hmis(Client=client)
    (made,) = worked(gone, plan, mind).deliveries
    (patient,) = [each for each in json.loads(made.payload)["entry"] if each["resource"]["resourceType"] == "Patient"]
    assert patient["resource"]["active"] is False
    assert patient["request"]["method"] == "PUT"
    assert worked(gone, plan, mind).deliveries == ()


def test_rows_that_cannot_be_used_are_counted_and_the_others_go_on() -> None:
    found = worked(roster(ANN, "1.2E+11,S1,Hurt,Di,1980-02-03,F,01005,N"), setup())
    assert (found.state, found.reason, families(found)) == ("routed", "GW-0105", [["Hill"]])
    only = worked(roster("1.2E+11,S1,Hurt,Di,1980-02-03,F,01005,N"), setup())
    assert (only.state, only.deliveries) == ("quarantined", ())


def test_what_a_channel_declares_of_its_tables() -> None:
    row = "M1,S1,Hill,Ann,03/02/1980,F,01005,N"
    assert b"birthDate" not in worked(roster(row), setup()).deliveries[0].payload
    found = worked(roster(row), setup(more={"dates": "DMY"}))
    assert b"1980-02-03" in found.deliveries[0].payload


def test_things_about_nobody_are_told_one_by_one() -> None:
    mind, plan = Mind(), setup()

    def directory(name: str) -> bytes:
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            archive.writestr("organizations.csv", f"id,name,description\no1,{name},d\no2,Haven,d\n")
            archive.writestr("services.csv", "id,organization_id,name,status\ns1,o1,Food,active\n")
        return made.getvalue()

    def ids(found: Worked) -> list[str]:
        return [each["resource"]["name"] for one in found.deliveries for each in json.loads(one.payload)["entry"]
                if each["resource"]["resourceType"] == "Organization"]  # fmt: skip

    assert ids(worked(directory("Shelf"), plan, mind)) == ["Shelf", "Haven"]
    assert ids(worked(directory("Table"), plan, mind)) == ["Table"]


MEDICAID = "https://medicaid.example/id"
KNOWN = Site(salt="exports-test", authorities={"MEDICAID": MEDICAID, "medicaid_id": MEDICAID})


def links(found: Worked) -> list[list[str]]:
    """For each Patient of the deliveries whom it is linked with."""
    return [
        [each["other"]["reference"] for each in resource.get("link", ())]
        for one in found.deliveries
        for resource in map(_resource, json.loads(one.payload)["entry"])
        if resource["resourceType"] == "Patient"
    ]


def test_rows_are_linked_with_whom_another_source_knows_by_an_identifier() -> None:
    plan, mind = replace(setup(), site=KNOWN), Mind()
    head = HEAD.replace("LastName", "MedicaidID,LastName")
    lists = "\n".join(
        (head, "M1,S1,AA12345A,Hill,Ann,1980-02-03,F,01005,N", "M2,S1,AA12346A,Hull,Bo,1981-02-03,M,1,N", "")
    )
    assert links(worked(lists, plan, mind)) == [[], []]
    hospital = replace(plan, channels={"adt": channel()})
    known = work(
        envelope(
            adt(1).replace(b"^^^GENERAL&2.16.840.1.113883.19.4.6&ISO^MR", b"^^^GENERAL^MR~AA12345A^^^MEDICAID^MA")
        ),
        hospital,
        mind,
    )
    mind.learn(known)
    again = worked(lists, plan, mind)
    assert links(again) == [[f"Patient/{known.person}"]], "what is new is told, of her alone"
    assert "GW-0204" in {one.code for one in again.issues}
    assert worked(lists, plan, mind).deliveries == ()


def test_two_people_of_one_export_are_two_whatever_they_share() -> None:
    plan, mind = replace(setup(), site=KNOWN), Mind()
    rows = "item_id,event,person_id,last_name,medicaid_id\nR1,x,P1,Hill,AA12345A\nR2,x,P2,Hull,AA12345A\n"
    rows = rows.replace("item_id,event", "referral_id,referral_status").replace(",x,", ",accepted,")
    for _ in range(2):
        assert not any(links(worked(rows, plan, mind)))


def test_a_sites_own_kind_of_tables_comes_by_a_channel(tmp_path: Path) -> None:
    (tmp_path / "beds.columns.yaml").write_text(
        "schema: beds\ntitle: Beds\ntables:\n  beds:\n    telling: [tag, bed]\n"
        "    columns: {tag: id, bed: integer}\n    key: [tag]\n"
    )
    (tmp_path / "beds.yaml").write_text(
        "map: csv-beds\nbetween: {csv: beds, fhir: Bundle}\nrules:\n- {set: {fhir: {type: collection}}}\n"
        "- rows: {from: beds}\n  rules:\n  - make: Patient\n    key: {csv: [tag], as: row-key}\n"
        "    rules: [{csv: tag, fhir: identifier.value}]\n"
    )
    plan = replace(setup(), site=Site(salt="exports-test", overlays=(tmp_path,)))
    (made,) = worked("Tag,Bed\nG-1,12\nG-2,14\n", plan).deliveries
    assert [each["resource"]["identifier"][0]["value"] for each in json.loads(made.payload)["entry"]] == ["G-1", "G-2"]
