"""C-CDA's definitions are distilled into facts: paths, numbers, dates; no text of the guide."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from conformance.definitions import cda
from conformance.definitions.pack import Pack

CDA, GUIDE = "http://hl7.org/cda/stds/core/StructureDefinition/", "http://hl7.org/cda/us/ccda/StructureDefinition/"
ATTRIBUTE: dict[str, Any] = {"representation": ["xmlAttr"]}


def element(path: str, kind: str = "CD", *, ident: str = "", base: tuple[int, str] = (0, "1"), **facts: Any) -> Any:
    least, most = base
    ends = {"min": least, "max": most, "base": {"min": least, "max": most}}
    return {"id": ident or path, "path": path, "type": [{"code": CDA + kind}], **ends, **facts}


def template(*elements: Any, said: list[Any], name: str, ident: str) -> dict[str, Any]:
    return {
        "resourceType": "StructureDefinition", "url": GUIDE + name, "title": name.title(), "type": CDA + "Observation",
        "baseDefinition": CDA + "Observation", "identifier": [{"value": ident}],
        "snapshot": {"element": [{"id": "Observation", "path": "Observation"}, *elements]},
        "differential": {"element": said},
    }  # fmt: skip


def code(**facts: Any) -> Any:
    return element("Observation.code", **facts)


WHOLE = [
    element("Observation.classCode", "code", base=(1, "1"), fixedCode="OBS", **ATTRIBUTE),
    code(base=(1, "1")),
    element("Observation.code.code", "code", patternCode="X", min=1, **ATTRIBUTE),
    element("Observation.text", "ED", min=1),
    element("Observation.sdtcCategory", "CD", base=(0, "*"), extension=[
        {"url": "http://x/xml-name", "valueString": "category"},
        {"url": "http://x/xml-namespace", "valueUri": "urn:hl7-org:sdtc"},
    ]),
    element("Observation.entryRelationship", "EntryRelationship", base=(0, "*"),
            slicing={"discriminator": [{"type": "profile", "path": "observation"}]}),
    element("Observation.entryRelationship", "EntryRelationship", ident="Observation.entryRelationship:age",
            sliceName="age", min=1),
    element("Observation.entryRelationship.observation", "Observation", min=1,
            ident="Observation.entryRelationship:age.observation"),
]  # fmt: skip
WHOLE[-1]["type"][0]["profile"] = [GUIDE + "age"]
SAID = [
    {"id": "Observation.code", "path": "Observation.code", "min": 1, "comment": "SHALL contain code (CONF:1198-9045)."},
    {"id": "Observation.code.code", "path": "Observation.code.code", "patternCode": "X", "comment": "CONF:1198-32001"},
    {"id": "Observation.text", "path": "Observation.text", "min": 1, "comment": "MAY contain text (CONF:81-1)."},
    {"id": "Observation.sdtcCategory", "path": "Observation.sdtcCategory", "min": 1},
    {"id": "Observation.entryRelationship:age", "path": "Observation.entryRelationship", "min": 1},
    {"id": "Observation", "path": "Observation", "constraint": [{
        "key": "should-age", "severity": "warning", "human": "words of the guide", "source": GUIDE + "statement",
        "expression": f"entryRelationship.where(observation.hasTemplateIdOf('{GUIDE}age'))",
    }]},
]  # fmt: skip


@pytest.fixture
def pack(tmp_path: Path) -> Pack:
    profiles = [
        template(*WHOLE, said=SAID, name="statement", ident="urn:hl7ii:1.2.3:2022-06-01"),
        template(said=[], name="age", ident="urn:oid:1.2.4"),
        template(said=[], name="twin", ident="urn:hl7ii:1.2.5:2025-05-01"),
        template(said=[], name="other-twin", ident="urn:hl7ii:1.2.5:2025-05-01"),
    ]
    files = {f"StructureDefinition-{number}.json": each for number, each in enumerate(profiles)}
    files["package.json"] = {"name": "a.guide", "version": "1", "license": "CC0-1.0"}
    with tarfile.open(tmp_path / "a.guide-1.tgz", "w:gz") as archive:
        for name, content in files.items():
            raw = json.dumps(content).encode()
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(raw)
            archive.addfile(member, io.BytesIO(raw))
    return Pack(cda.build(tmp_path / "a.guide-1.tgz", tmp_path))


def rules(pack: Pack) -> dict[str, Any]:
    facts = pack.read("Template", "1.2.3")
    assert facts is not None
    return {each["name"]: each for each in facts["rules"]}


def test_the_head_names_source_hash_and_licence(pack: Pack) -> None:
    assert pack.about["source"] == "a.guide-1.tgz"
    assert len(pack.about["sha256"]) == 64
    assert pack.about["license"] == "CC0-1.0"


def test_rules_are_dated_by_their_numbers(pack: Pack) -> None:
    found = rules(pack)["code"]
    assert (found["min"], found["conf"], found["since"], found["first"]) == (1, "1198-9045", "2015-08-01", True)
    assert found["rules"] == [
        {"name": "@code", "fixed": "X", "min": 1, "conf": "1198-32001", "since": "2015-08-01"},
    ]
    assert rules(pack)["sdtc:category"]["since"] == "2022-06-01"


def test_what_a_number_calls_a_may_is_a_warning(pack: Pack) -> None:
    assert rules(pack)["text"]["warning"] is True


def test_slices_are_told_by_roots(pack: Pack) -> None:
    assert rules(pack)["entryRelationship"]["slice"] == [["profile", ["observation"], ["1.2.4"]]]


def test_constraints_keep_key_and_expression_alone(pack: Pack) -> None:
    facts = pack.read("Template", "1.2.3")
    assert facts is not None
    expression = "entryRelationship.where(observation.hasTemplateIdOf('1.2.4'))"
    hold = {"key": "should-age", "expression": expression, "since": "2022-06-01", "warning": True}
    assert facts["holds"] == [hold]
    assert "words of the guide" not in json.dumps(facts)


def test_twins_that_no_document_can_tell_apart_are_left_out(pack: Pack) -> None:
    assert set(pack.index("Template")) == {"1.2.3", "1.2.4"}


def test_classes_are_what_the_base_says(pack: Pack) -> None:
    facts = pack.read("Class", "Observation")
    assert facts is not None
    assert facts["attributes"]["classCode"]["min"] == 1
    assert [name for name, _ in facts["children"]] == ["code", "text", "sdtc:category", "entryRelationship"]
