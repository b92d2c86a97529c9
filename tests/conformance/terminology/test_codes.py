"""Codes by themselves: UCUM, check digits, registered grammars, social-need codes, and value sets three-valued."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.definitions.registry import Registry
from conformance.terminology import Terminology, checkdigits, default_terminology, icd10cm, registered, ucum

Json = dict[str, Any]


UNITS = """mg kg/m2 mm[Hg] 10*3/uL /min {score} % [lb_av] Cel m[H2O] mL/min/{1.73_m2} [iU]/L 1 10*-6.mol L/(min.m2)
ng/mL{FEU} [degF] ug/kg/min daPa KiBy m/s2"""


@pytest.mark.parametrize("unit", UNITS.split())
def test_units(unit: str) -> None:
    assert ucum.valid(unit)


NO_UNITS = ("", "pounds", "beats/min", "mgs", "kg m", "{a b}", "mg/", "m-", "kkg", "(m", "mm[hg]", "é", "0-1")


@pytest.mark.parametrize("unit", NO_UNITS)
def test_what_is_no_unit(unit: str) -> None:
    assert not ucum.valid(unit)


@pytest.mark.parametrize(
    ("value", "unit", "to", "expected"),
    [("70", "kg", "g", "70000"), ("1", "[in_i]", "cm", "2.54"), ("1", "d", "h", "24"), ("1", "mol", "mmol", "1000"),
     ("2", "L", "mL", "2000"), ("1", "[lb_av]", "g", "453.59237"), ("120", "mm[Hg]", "kPa", "15.99864")],
)  # fmt: skip
def test_conversions(value: str, unit: str, to: str, expected: str) -> None:
    assert ucum.convert(Decimal(value), unit, to) == Decimal(expected)


def test_units_of_other_dimensions_do_not_compare() -> None:
    assert ucum.convert(Decimal(1), "kg", "m") is None
    assert ucum.convert(Decimal(1), "Cel", "K") is None


@given(st.text(alphabet="mgkL/.()[]{}*^0123456789-+ uiUH'_", max_size=25))
@settings(max_examples=200, deadline=None)
def test_any_text_is_a_unit_or_not(text: str) -> None:
    assert ucum.valid(text) in (True, False)


@pytest.mark.parametrize("code", ["8867-4", "71802-3", "LA6576-8", "LA10044-8", "LL358-3", "LP29684-5", "85354-9"])
def test_loinc_check_digits(code: str) -> None:
    assert checkdigits.loinc(code)
    assert not checkdigits.loinc(code[:-1] + str((int(code[-1]) + 1) % 10))


@pytest.mark.parametrize("code", ["404684003", "73211009", "22298006", "64572001"])
def test_snomed_check_digits(code: str) -> None:
    assert checkdigits.snomed(code)
    assert not checkdigits.snomed(code[:-1] + str((int(code[-1]) + 1) % 10))
    assert not checkdigits.snomed(code[0] + code[2] + code[1] + code[3:]) or code[1] == code[2]


def test_npi_check_digits() -> None:
    assert checkdigits.npi("1234567893")
    assert not any(map(checkdigits.npi, ("1234567890", "123456789", "", "12345678９3")))


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        ("urn:ietf:bcp:47", "es-MX", True), ("urn:ietf:bcp:47", "zz", False), ("urn:ietf:bcp:47", "Spanish!", False),
        ("urn:ietf:bcp:47", "spanish", False), ("urn:ietf:bcp:47", "en-Latn-US-x-a", True),
        ("urn:ietf:bcp:13", "text/plain; charset=utf-8", True), ("urn:ietf:bcp:13", "PDF", False),
        ("urn:ietf:bcp:13", "application/dicom; variant=DICOM WADO-RS", True),
        ("urn:ietf:bcp:13", "text/plain; charset=utf-8 ", False),
        ("urn:iso:std:iso:3166", "US", True), ("urn:iso:std:iso:3166", "ZZ", False),
        ("urn:iso:std:iso:3166", "US-MA", None),
        ("urn:iso:std:iso:4217", "USD", True), ("urn:iso:std:iso:4217", "usd", False),
        ("https://www.iana.org/time-zones", "America/New_York", True),
        ("https://www.iana.org/time-zones", "EST5", False), ("http://snomed.info/sct", "1", False),
        ("http://loinc.org", "8867-4", None), ("http://loinc.org", "8867-5", False),
    ],
)  # fmt: skip
def test_registered_systems(system: str, code: str, expected: bool | None) -> None:
    assert registered.SYSTEMS[system](code) is expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("en", True), ("es-MX", True), ("chr", True), ("es-419", True), ("zh-Hans", False), ("zh-yue", False),
        ("de-1996", False), ("en-a-bb", False), ("en-x-a", False), ("x-a", False), ("zz", False), ("Spanish", False),
    ],
)  # fmt: skip
def test_languages_by_their_subtags(code: str, expected: bool) -> None:
    """US Core's simple-language: a language and optionally a region."""
    simple = "http://hl7.org/fhir/us/core/ValueSet/simple-language"
    assert default_terminology().member(simple, "urn:ietf:bcp:47", code) is expected


def test_social_need_codes() -> None:
    release, known = icd10cm.codes()
    assert release == "2026-04"
    assert known["Z59.41"]
    assert not known["Z59.8"]
    assert "Z59.82" in icd10cm.successors("Z59.8")
    assert icd10cm.successors("Z59.877") == ()
    assert not icd10cm.covers("Z66")


# Value sets

SYSTEM: Json = {
    "resourceType": "CodeSystem", "url": "http://example.org/cs", "content": "complete", "caseSensitive": True,
    "property": [{"code": "kind", "type": "string"}],
    "concept": [
        {"code": "a", "concept": [{"code": "a1", "property": [{"code": "kind", "valueString": "x"}]}, {"code": "a2"}]},
        {"code": "b"},
    ],
}  # fmt: skip


def member(code: str, *, exclude: Json | None = None, **include: Any) -> bool | None:
    compose = {"include": [include], **({"exclude": [exclude]} if exclude else {})}
    made = {"resourceType": "ValueSet", "url": "http://example.org/vs", "compose": compose}
    return Terminology(Registry(resources=[SYSTEM, made])).has_code("http://example.org/vs", code)


CS = "http://example.org/cs"


def rule(property_: str, operation: str, value: str) -> list[Json]:
    return [{"property": property_, "op": operation, "value": value}]


@pytest.mark.parametrize(
    ("include", "inside", "outside"),
    [
        ({"system": CS}, "a1", "c"),
        ({"system": CS, "concept": [{"code": "b"}]}, "b", "a"),
        ({"system": CS, "filter": rule("concept", "is-a", "a")}, "a", "b"),
        ({"system": CS, "filter": rule("concept", "descendent-of", "a")}, "a1", "a"),
        ({"system": CS, "filter": rule("concept", "is-not-a", "a")}, "b", "a1"),
        ({"system": CS, "filter": rule("concept", "generalizes", "a1")}, "a", "a2"),
        ({"system": CS, "filter": rule("kind", "=", "x")}, "a1", "a2"),
        ({"system": CS, "filter": rule("kind", "exists", "true")}, "a1", "b"),
        ({"system": CS, "filter": rule("code", "regex", "a[0-9]")}, "a2", "b"),
        ({"system": CS, "filter": rule("code", "in", "a1,b")}, "b", "a2"),
        ({"system": CS, "filter": rule("code", "not-in", "a1,b")}, "a2", "b"),
        ({"valueSet": ["http://hl7.org/fhir/ValueSet/administrative-gender"]}, "male", "robot"),
    ],
)
def test_members(include: Json, inside: str, outside: str) -> None:
    assert member(inside, **include) is True
    assert member(outside, **include) is False


def test_exclusion() -> None:
    assert member("b", system=CS, exclude={"system": CS, "concept": [{"code": "b"}]}) is False
    assert member("a", system=CS, exclude={"system": CS, "concept": [{"code": "b"}]}) is True


def test_what_is_not_here_is_not_told() -> None:
    assert member("x", system="http://elsewhere.test/cs") is None
    assert member("x", valueSet=["http://elsewhere.test/vs"]) is None
    assert default_terminology().has_code("http://elsewhere.test/vs", "x") is None
    assert member("x", system="http://elsewhere.test/cs", concept=[{"code": "y"}]) is False


def test_value_sets_that_name_each_other_end() -> None:
    sets = [
        {
            "resourceType": "ValueSet",
            "url": f"http://example.org/{one}",
            "compose": {"include": [{"valueSet": [other]}]},
        }
        for one, other in (("p", "http://example.org/q"), ("q", "http://example.org/p"))
    ]
    assert Terminology(Registry(resources=sets)).has_code("http://example.org/p", "x") is None


RACE, NULLS = "urn:oid:2.16.840.1.113883.6.238", "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
US_CORE = "http://hl7.org/fhir/us/core/ValueSet/"


@pytest.mark.parametrize(
    ("value_set", "system", "code", "answer"),
    [
        ("omb-race-category", RACE, "2106-3", True), ("omb-race-category", RACE, "1006-6", False),
        ("omb-race-category", NULLS, "UNK", True), ("omb-race-category", NULLS, "NASK", None),
        ("omb-ethnicity-category", RACE, "2135-2", True), ("omb-ethnicity-category", RACE, "2106-3", False),
        ("us-core-usps-state", "https://www.usps.com/", "MA", True),
        ("us-core-usps-state", "https://www.usps.com/", "ZZ", False),
    ],
)  # fmt: skip
def test_the_small_sets_of_us_core(value_set: str, system: str, code: str, answer: bool | None) -> None:
    """US Core takes them from VSAC; only what is known of them is answered."""
    assert default_terminology().member(US_CORE + value_set, system, code) is answer
