"""FHIR XML becomes the shape of FHIR JSON, hostile XML is refused, and findings have their lines."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance import xml
from conformance.fhir import from_xml

PATIENT = b"""<?xml version="1.0" encoding="UTF-8"?>
<Patient xmlns="http://hl7.org/fhir">
  <id value="p"/>
  <text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p>Lu</p></div></text>
  <contained><Organization><id value="o"/><name value="Ashby"/></Organization></contained>
  <extension url="http://example.org/e"><valueInteger value="3"/></extension>
  <active value="true"/>
  <name id="n"><given value="Marisol"/><given value="T"><extension url="http://example.org/x"><valueCode value="a"/>
  </extension></given></name>
  <multipleBirthInteger value="2"/>
</Patient>"""


def test_the_shape_of_json() -> None:
    result = from_xml.read(PATIENT)
    assert result.issues == ()
    assert result.value == {
        "resourceType": "Patient",
        "id": "p",
        "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>Lu</p></div>'},
        "contained": [{"resourceType": "Organization", "id": "o", "name": "Ashby"}],
        "extension": [{"url": "http://example.org/e", "valueInteger": 3}],
        "active": True,
        "name": [{
            "id": "n", "given": ["Marisol", "T"],
            "_given": [None, {"extension": [{"url": "http://example.org/x", "valueCode": "a"}]}],
        }],
        "multipleBirthInteger": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "place"),
    [("Patient", (2, 1)), ("Patient.active", (7, 3)), ("Patient.name[0].given[1]", (8, 40)),
     ("Patient.contained[0].name", (5, 43)), ("Patient.multipleBirth.ofType(integer)", (10, 3)),
     ("Patient.nothing", (2, 1))],
)  # fmt: skip
def test_findings_have_their_places(path: str, place: tuple[int, int]) -> None:
    assert from_xml.locator(PATIENT)(path) == place


BOMB = b'<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;&x;&x;">]><a>&y;</a>'
FILE = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
HIDDEN = b'<?xml version="1.0"?><!-- a > b --><?pi?>\n<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a/>'


@pytest.mark.parametrize("raw", [BOMB, FILE, HIDDEN, BOMB.decode().encode("utf-16")])
def test_document_types_are_refused(raw: bytes) -> None:
    result = xml.parse(raw)
    assert result.value is None
    assert [each.severity for each in result.issues] == ["fatal"]


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_bytes_get_an_answer(raw: bytes) -> None:
    result = from_xml.read(raw)
    assert result.value is not None or result.issues


def read(inside: str, declaration: str = "") -> list[tuple[str, str | None]]:
    raw = f'{declaration}<Patient xmlns="http://hl7.org/fhir">{inside}</Patient>'.encode()
    return [(each.code, each.at.path) for each in from_xml.read(raw).issues]


def test_what_only_xml_can_get_wrong() -> None:
    organization = '<Organization><id value="o"/></Organization>'
    assert read(f"<contained>{organization}</contained>") == []
    assert read(f"<contained>{organization * 2}</contained>") == [("XML-0014", "Patient.contained[0]")]
    assert read('<name><id value="n"/></name>') == [("XML-0016", "Patient.name[0]")]
    assert read('<id value="n"/>') == []
    assert read("", '<?xml version="1.0" encoding="utf-8"?>') == []
    assert read("", '<?xml version="1.0" encoding="ISO-8859-1"?>') == [("XML-0015", "Patient")]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [("5", "integer", 5), ("-5", "integer", -5), ("05", "integer", "05"), ("+5", "integer", "+5"),
     ("1.50", "decimal", Decimal("1.50")), ("1E3", "decimal", Decimal("1E3")), ("00.5", "decimal", "00.5"),
     ("925.", "decimal", "925.")],
)  # fmt: skip
def test_numbers_are_written_in_one_way(text: str, kind: str, value: object) -> None:
    raw = f"""<Observation xmlns="http://hl7.org/fhir"><component>
      <extension url="http://example.org/e"><value{kind.capitalize()} value="{text}"/></extension>
    </component></Observation>"""
    root = from_xml.read(raw.encode()).value
    assert root is not None
    assert root["component"][0]["extension"][0][f"value{kind.capitalize()}"] == value
