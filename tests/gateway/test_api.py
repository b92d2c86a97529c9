"""The Python API as a program uses it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from bench.adt_messages import messages
from gateway import Misuse, convert, convert_all, explain, validate
from tests.gateway.cli.conftest import A99, SITE


@pytest.mark.parametrize(
    ("asked", "header"),
    [("ADT_A08@2.5.1", "ADT^A08^ADT_A01"), ("ADT_A28@2.3.1", "ADT^A28^ADT_A01"), ("ADT_A28@2.8", "ADT^A28^ADT_A05"),
     ("ADT_A12@2.4", "ADT^A12^ADT_A09"), ("ADT_A40@2.5.1", "ADT^A40^ADT_A39"), ("ADT_A01@2.5.1", "ADT^A01^ADT_A01")],
)  # fmt: skip
def test_an_event_may_be_asked_for_where_the_bundle_names_none(asked: str, header: str) -> None:
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {"resourceType": "Patient"}}]}
    made = convert(bundle, as_=asked)
    assert made.value.split(b"\r")[0].split(b"|")[8].decode() == header


def test_what_names_no_event_is_told_how_to_ask_for_one() -> None:
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": {"resourceType": "Patient"}}]}
    (found,) = convert(bundle, "hl7v2").issues
    assert found.code == "MAP-0010"
    assert "--as ADT_A08" in found.message


@pytest.mark.parametrize("sent", ["Do\x00e", "Do\x1fe", "Do\\X0B\\e", "Do\\X001F\\e"])
def test_control_characters_are_left_out_of_fhir_and_told(sent: str) -> None:
    made = convert(f"MSH|^~\\&|A|B|||20260101||ADT^A01^ADT_A01|1|P|2.5.1\rPID|1||7^^^B^MR||{sent}^Jo", "fhir")
    patient = next(each["resource"] for each in made.value["entry"] if each["resource"]["resourceType"] == "Patient")
    assert patient["name"] == [{"family": "Doe", "given": ["Jo"]}]
    assert [(one.code, one.at.path) for one in made.issues if one.code == "MAP-0213"] == [
        ("MAP-0213", "Patient.name.family")
    ]
    assert not [one for one in validate(made.value)["issue"] if one["severity"] in ("error", "fatal")]


@pytest.mark.parametrize("form", ["zip", ""])
def test_a_form_of_bundle_that_is_not_there_is_misuse(form: Any) -> None:
    with pytest.raises(Misuse, match="message, transaction"):
        convert({"resourceType": "Patient"}, "fhir", bundle=form)


def test_a_structure_that_no_map_gives_is_misuse() -> None:
    with pytest.raises(Misuse, match="no map gives ADT_A98"):
        convert({"resourceType": "Bundle", "type": "collection"}, as_="ADT_A98")


def test_bytes_text_and_files_become_the_same_bundle(tmp_path: Path) -> None:
    path = tmp_path / "a.hl7"
    path.write_bytes(A99)
    made = convert(A99, to="fhir", site=SITE)
    assert made.ok
    assert made.value["resourceType"] == "Bundle"
    assert made.ledger is not None
    assert made.ledger.counts()["mapped"] == 6
    assert convert(A99.decode(), to="fhir", site=str(SITE)).value == made.value
    assert convert(path, to="fhir", site=SITE).value == made.value


def test_there_and_back_by_dicts() -> None:
    bundle = convert(A99, to="fhir", site=SITE).value
    back = convert(bundle, as_="ADT_A99", site=SITE)
    assert back.value.startswith(b"MSH|^~\\&|LAB")
    assert b"|Doe^Jo||19800203" in back.value


def spoilt(node: Any) -> None:
    """Changes everything in a tree."""
    for child in list(node.values()) if isinstance(node, dict) else list(node):
        if isinstance(child, (dict, list)):
            spoilt(child)
    if isinstance(node, dict):
        node["spoilt"] = True
    else:
        node.append("spoilt")


def test_what_is_done_to_a_bundle_is_not_seen_in_the_next() -> None:
    raw = next(messages(1))
    first = convert(raw, to="fhir").value
    kept = copy.deepcopy(first)
    for _ in range(3):
        made = convert(raw, to="fhir").value
        assert made == kept
        spoilt(made)


def test_typed_gives_pydantic_objects() -> None:
    made = convert(A99, to="fhir", site=SITE, typed=True, bundle="collection")
    assert isinstance(made.value, Bundle)
    assert made.value.type == "collection"
    patients = convert(A99, to="fhir", site=SITE, typed=True, bundle="ndjson").value
    assert [type(one).__name__ for one in patients] == ["MessageHeader", "Patient"]


def test_a_batch_is_converted_one_by_one() -> None:
    batch = A99 + A99.replace(b"|77|", b"|78|")
    with pytest.raises(Misuse, match="2 documents"):
        convert(batch, to="fhir", site=SITE)
    assert [made.ok for made in convert_all(batch, to="fhir", site=SITE)] == [True, True]


def test_bad_data_are_issues_and_misuse_is_an_exception() -> None:
    made = convert(b"%PDF", to="fhir")
    assert made.value is None
    assert not made.ok
    assert [one.code for one in made.issues] == ["IO-0002"]
    for wrong in ({"to": "fihr"}, {}, {"to": "fhir", "from_": "pdf"}, {"to": "fhir", "map": "nope"}):
        with pytest.raises(Misuse):
            convert(A99, **wrong)  # type: ignore[arg-type]  # one dict of several options


def test_wrong_settings_are_told_with_their_place(tmp_path: Path) -> None:
    (tmp_path / "gateway.yaml").write_text("tennant: {}")
    with pytest.raises(Misuse, match=r"gateway\.yaml:1:1.*did you mean `tenant`"):
        convert(A99, to="fhir", site=tmp_path)


def test_validate_gives_an_outcome() -> None:
    outcome = validate(A99.replace(b"||7||", b"||||"))
    assert outcome["resourceType"] == "OperationOutcome"
    assert {"error", "warning", "information"} & {one["severity"] for one in outcome["issue"]}
    assert "diagnostics" not in str(outcome)


def test_explain_gives_rows() -> None:
    rows = {row.path: row for row in explain(A99, site=SITE)}
    assert rows["PID[1]-7[1]"].targets == ("Patient.birthDate",)
    assert rows["PID[1]-7[1]"].value is None
    assert {row.path: row for row in explain(A99, site=SITE, values=True)}["PID[1]-7[1]"].value == "19800203"


AMBIGUOUS = "MemberID,SubscriberID,LastName,FirstName,BirthDate,Zip\nM1,S1,Łuk,Ann,03/04/1980,13501\n"
MANGLED = "1.2E+11,S1,Hurt,Di,1983-02-13,01005\n"


def birth_dates(made: Any) -> list[str | None]:
    return [
        each["resource"].get("birthDate")
        for each in made.value["entry"]
        if each["resource"]["resourceType"] == "Patient"
    ]


@pytest.mark.parametrize(("dates", "expected"), [(None, [None]), ("DMY", ["1980-04-03"]), ("MDY", ["1980-03-04"])])
def test_what_is_said_of_tables_counts_as_on_the_command_line(
    tmp_path: Path, dates: str | None, expected: list[str | None]
) -> None:
    path = tmp_path / "members.csv"
    path.write_bytes(AMBIGUOUS.encode("cp1250"))
    made = convert(path, to="fhir", dates=dates, encoding="cp1250")
    assert birth_dates(made) == expected
    assert birth_dates(convert(AMBIGUOUS, to="fhir", dates=dates)) == expected
    rows = explain(path, dates=dates, encoding="cp1250")
    assert any("left out" in row.path for row in rows) is (dates is None)
    told = json.dumps(validate(path, dates=dates, encoding="cp1250"))
    assert ("CSV-0102" in told) is (dates is None)


def test_rows_that_could_not_be_used_go_into_a_folder(tmp_path: Path) -> None:
    validate(AMBIGUOUS + MANGLED, ["roster"], quarantine=tmp_path / "checked")
    convert(AMBIGUOUS + MANGLED, to="fhir", quarantine=str(tmp_path / "made"))
    for folder in ("checked", "made"):
        (written,) = (tmp_path / folder).iterdir()
        assert "1.2E+11" in written.read_text("utf-8-sig")


def test_tables_for_machines_have_no_escapes() -> None:
    text = AMBIGUOUS.replace("Ann", "=Ann")
    assert b"'=Ann" in convert(text, as_="roster").value
    assert b",=Ann" in convert(text, as_="roster", raw=True).value


@pytest.mark.parametrize("wrong", [{"dates": "YDM"}, {"encoding": "klingon"}])
def test_what_nobody_can_say_of_tables_is_misuse(wrong: dict[str, Any]) -> None:
    with pytest.raises(Misuse):
        convert(AMBIGUOUS, to="fhir", **wrong)
