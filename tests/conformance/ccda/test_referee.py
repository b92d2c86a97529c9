"""An XML Schema and a Schematron that a user names judge beside us, and agreement is reported."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance.ccda.referee import Schema, Schematron, judged
from conformance.ccda.schematron import SchematronError, translate
from conformance.issue import Issue
from conformance.xml import SchemaError
from tests.conformance.ccda.summary import SUMMARY, findings

HERE = Path(__file__).parent / "referee"
SCHEMATRON, XSD = HERE / "small.sch", HERE / "small.xsd"
OPEN = '<reference value="#p1"/></text><statusCode code="active"/>'
SPOILT = SUMMARY.replace(OPEN.replace("active", "completed"), OPEN).replace(
    'realmCode code="US"', 'realmCode code="DE"'
)
OBSERVATION = "/ClinicalDocument/component/structuredBody/component[3]/section/entry/act/entryRelationship/observation"

saxon = pytest.mark.skipif(
    importlib.util.find_spec("saxonche") is None, reason="saxonche (114 MB) isn't installed: the Schematron isn't run"
)


def judge(source: str, referee: Schema | Schematron) -> list[Issue]:
    from adapters.formats.ccda import FORMAT

    document = FORMAT.parse(source.encode()).value
    assert document is not None
    return list(judged(document.root.element, findings(source), [referee]))


def test_a_schema_tells_kind_and_place_and_quotes_nothing() -> None:
    found = [each for each in judge(SPOILT, Schema(XSD)) if each.at.path == "/ClinicalDocument/realmCode"]
    assert [(each.code, each.severity, each.at.line) for each in found] == [("CDA-0301", "error", 1)]
    assert "DE" not in found[0].message
    assert "DE" in (found[0].found or "")


def test_agreement_with_a_schema() -> None:
    agreement = judge(SPOILT, Schema(XSD))[-1]
    assert agreement.code == "CDA-0304"
    assert agreement.message == "small.xsd: 1 places with errors found here too, 6 there alone, 1 here alone."


@saxon
def test_a_schematron_tells_its_rules_by_number_and_place() -> None:
    found = {(each.code, each.severity, each.at.path) for each in judge(SPOILT, Schematron(SCHEMATRON))}
    assert found == {
        ("CDA-0302", "error", OBSERVATION),
        ("CDA-0302", "warning", OBSERVATION),
        ("CDA-0303", "information", "/ClinicalDocument/languageCode"),
        ("CDA-0304", "information", "/ClinicalDocument"),
    }


@saxon
def test_what_a_schematron_would_show_of_the_document_is_left_out() -> None:
    found = [each for each in judge(SPOILT, Schematron(SCHEMATRON)) if each.severity == "error"]
    assert [each.message for each in found] == ["small.sch: SHALL be completed, is . [CONF:1198-9049]"]
    assert found[0].at.line == 1


@saxon
def test_a_valid_document_passes() -> None:
    assert not [each for each in judge(SUMMARY, Schematron(SCHEMATRON)) if each.severity == "error"]


def test_a_schematron_is_translated_without_saxon() -> None:
    sheet = translate(SCHEMATRON)
    assert [each.conf for each in sheet.assertions] == ["1198-9043", "1198-9049", "", "1198-31147", ""]
    assert [each.warning for each in sheet.assertions] == [False, False, False, True, False]


@pytest.mark.parametrize("text", ["", "<schema/>", '<!DOCTYPE x [<!ENTITY a "b">]><x/>'])
def test_files_that_are_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "none"
    file.write_text(text)
    with pytest.raises(SchematronError):
        translate(file)
    with pytest.raises(SchemaError):
        Schema(file)


def test_the_command_judges_by_a_schema(tmp_path: Path) -> None:
    from gateway.cli import main

    (tmp_path / "d.xml").write_text(SPOILT)
    result = CliRunner().invoke(main, ["validate", str(tmp_path / "d.xml"), "--xsd", str(XSD)])
    assert result.exit_code == 1
    assert "CDA-0301" in result.output
    assert "CDA-0304" in result.output
    assert CliRunner().invoke(main, ["validate", str(tmp_path / "d.xml"), "--xsd", "nowhere.xsd"]).exit_code == 2
    assert CliRunner().invoke(main, ["validate", str(tmp_path / "d.xml"), "--schematron", str(XSD)]).exit_code == 2
