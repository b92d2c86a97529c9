"""Big and hostile values take time in proportion: a megabyte of anything is checked in well under a second of CPU."""

from __future__ import annotations

import time
from typing import Any

import pytest

from conformance import fhir
from tests.fires.fhir_validation import bundle, entry, observation, patient

MEGABYTE = 1_000_000
W = '<div xmlns="http://www.w3.org/1999/xhtml">'
Json = dict[str, Any]


def fill(unit: str) -> str:
    return unit * (MEGABYTE // len(unit))


def photo(**parts: Any) -> Json:
    return patient(photo=[{"contentType": "image/png", "data": "QUJD", **parts}])


def narrated(inside: str) -> Json:
    return patient(text={"status": "generated", "div": f"{W}{inside}</div>"})


def measured(code: str) -> Json:
    return observation(valueQuantity={"value": 1, "system": "http://unitsofmeasure.org", "code": code})


CASES: dict[str, Json] = {
    "attachment": photo(data=fill("QUJD")),
    "attachment with a size": photo(data=fill("QUJD"), size=5),
    "attachment that is none": photo(data=fill("QUJD") + "*"),
    "string": patient(name=[{"family": fill("a")}]),
    "blanks": patient(name=[{"family": fill(" ") + "a"}]),
    "code of words": patient(gender=fill("a ")),
    "date": patient(birthDate=fill("2")),
    "fraction of a second": patient(deceasedDateTime="2020-01-01T10:00:00." + fill("1")),
    "oid": patient(implicitRules="urn:oid:1" + fill(".1")),
    "reference": observation(subject={"reference": fill("a/")}),
    "url as a reference": observation(subject={"reference": "http://a/" + fill("A/")}),
    "unit": measured(fill("m.") + "m"),
    "brackets as a unit": measured(fill("(")),
    "language": patient(language="en-" + fill("a1b2c-")),
    "mime type": photo(contentType="text/x" + fill("; a=b")),
    "paragraphs": narrated(fill("<p>x</p>")),
    "nested elements": narrated("<b>" * 100_000 + "x" + "</b>" * 100_000),
    "attributes": narrated("<p " + fill('class="a" ') + ">x</p>"),
    "open tag": narrated("<p " + fill("a")),
    "brackets": narrated(fill("<")),
    "links": narrated("".join(f'<a href="#a{number}">x</a>' for number in range(40_000))),
    "names": patient(name=[{"family": "a"}] * 50_000),
    "contained": observation(
        contained=[patient(id=str(number)) for number in range(2000)],
        performer=[{"reference": f"#{number}"} for number in range(2000)],
    ),
    "entries": bundle(*(entry(f"http://e.test/Patient/{n}", **patient(id=str(n))) for n in range(2000))),
}


@pytest.mark.parametrize("name", CASES)
def test_a_megabyte_takes_no_second(name: str) -> None:
    fhir.validate(patient())
    start = time.process_time()
    fhir.validate(CASES[name])
    assert time.process_time() - start < 1
