"""Messages with escapes, explicit nulls and other delimiters: the second variant that is compiled, and what it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.formats.hl7v2 import FORMAT as HL7V2
from adapters.formats.hl7v2.escapes import encode
from tests.mappings.conftest import MakeSmall
from tests.mappings.small import Small, adt, content, lines, resources, seg, write

MAP = """
parts:
  xpn: [{v2: "1.1", fhir: family}, {v2: "1.2", fhir: text}, {v2: ["2", "3"], fhir: given, as: given-names}]
  hd: [{v2: "1", fhir: display}]
  cx: [{v2: "1", fhir: value}, {v2: "4", fhir: assigner, use: hd}]
rules:
- make: Patient
  key: {v2: [PID-3]}
  rules:
  - {each: {v2: PID-3, fhir: identifier}, use: cx}
  - {v2: PID-5, fhir: name, use: xpn}
  - {v2: PID-23, fhir: extension(http://place).valueString}
  - {v2: PID-11.5, fhir: address.postalCode}
  - {v2: PID-8, fhir: gender, when: {v2: PID-8, eq: "a&b"}}
"""


def test_escapes_are_decoded_at_every_leaf(small: MakeSmall) -> None:
    m = small(MAP)
    segment = seg("PID", {3: "1\\F\\2^^^N\\S\\S", 5: "Van\\T\\&x\\R\\^\\E\\^B\\X41\\", 8: "a\\T\\b", 23: "x\\.br\\y"})
    assert content(m.forward(segment), "Patient") == {
        "identifier": [{"value": "1|2", "assigner": {"display": "N^S"}}],
        "name": [{"family": "Van&", "text": "x~", "given": ["\\", "BA"]}],
        "gender": "a&b",
        "extension": [{"url": "http://place", "valueString": "x\ny"}],
    }


def test_escapes_come_back(small: MakeSmall) -> None:
    segment = seg(
        "PID", {3: "1\\F\\2^^^N\\S\\S", 5: "Van\\T\\&x\\R\\^\\E\\", 8: "a\\T\\b", 11: "^^^^\\T\\", 23: "x\\.br\\y"}
    )
    assert small(MAP).there_and_back(segment) == [segment]


def test_an_escape_anywhere_changes_nothing_elsewhere(small: MakeSmall) -> None:
    m = small(MAP)
    segment = seg("PID", {3: "1^^^N~2", 5: "Van&x^A^B", 8: "m", 11: "^^^^Z", 23: "Rome~x"})
    plain, escaped = m.forward(segment), m.forward(segment, "ZZZ|\\F\\")
    assert plain.document is not None
    assert escaped.document is not None
    assert plain.document.root == escaped.document.root
    rows = [row for row in escaped.ledger.rows() if not row.path.startswith("ZZZ")]
    assert rows == plain.ledger.rows()


def test_explicit_nulls_write_nothing_and_stand_in_the_ledger(small: MakeSmall) -> None:
    made = small(MAP).forward(seg("PID", {3: '1~""', 5: 'Van^""', 8: '""', 23: '""'}))
    assert content(made, "Patient") == {"identifier": [{"value": "1"}], "name": [{"family": "Van"}]}
    nulls = [row.path for row in made.ledger.rows() if row.status == "null"]
    assert nulls == ["PID[1]-3[2]", "PID[1]-5[1].2", "PID[1]-8[1]", "PID[1]-23[1]"]
    assert made.ledger.counts()["null"] == 4


def test_a_text_that_looks_like_a_null_comes_back_as_text(small: MakeSmall) -> None:
    m = small(MAP)
    made = m.forward(seg("PID", {3: "1", 23: "\\X2222\\"}))
    assert content(made, "Patient")["extension"] == [{"url": "http://place", "valueString": '""'}]
    assert lines(m.back(made.document)) == [seg("PID", {3: "1", 23: "\\X2222\\"})]


@pytest.mark.parametrize("delimiters", ["|^~\\&", "#*!?+", "|@~\\&", "*:;%$"])
def test_other_delimiters_mean_the_same(small: MakeSmall, delimiters: str) -> None:
    m = small(MAP)
    text = seg("PID", {3: "1^^^N~2", 5: "Van&x^A^B", 23: "a\\F\\b"})
    usual = "MSH|^~\\&|APP|HOSP|HUB|HIE|20240317||ADT^A01^ADT_A01|C1|P|2.5.1\r" + text
    marks = str.maketrans(dict(zip("|^~\\&", delimiters, strict=True)))
    documents = [HL7V2.parse(each.encode()).value for each in (usual, usual.translate(marks))]
    one, two = (content(m.converter("v2", "fhir")(each), "Patient") for each in documents if each is not None)
    assert one == two


_CHARACTERS = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"])
TEXT = st.text(_CHARACTERS, min_size=1, max_size=12).map(lambda text: text.rstrip(" ")).filter(bool)
"""Blanks at the end of a value mean nothing in HL7 v2."""
_MAPS: list[Small] = []


@pytest.fixture(scope="module", autouse=True)
def _map(tmp_path_factory: pytest.TempPathFactory) -> None:
    _MAPS.append(write(tmp_path_factory.mktemp("escapes"), MAP))


@given(st.tuples(TEXT, TEXT, TEXT, TEXT, TEXT))
def test_any_text_goes_there_and_back(texts: tuple[str, str, str, str, str]) -> None:
    one, two, three, four, five = map(encode, texts)
    segment = seg("PID", {3: f"{one}^^^{two}", 5: f"{three}&{four}^{five}", 11: f"^^^^{one}", 23: two})
    (m,) = _MAPS[-1:]
    made = m.converter("v2", "fhir")(adt(segment))
    (patient,) = resources(made)
    assert patient["identifier"] == [{"value": texts[0], "assigner": {"display": texts[1]}}]
    assert patient["name"] == [{"family": texts[2], "text": texts[3], "given": [texts[4]]}]
    (again,) = lines(m.back(made.document))
    assert resources(m.forward(again)) == [patient]
