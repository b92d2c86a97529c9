"""Shipped maps at work on HL7 v2 text."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from adapters.formats.fhir.syntax import SYNTAX as FHIR
from adapters.formats.hl7v2.parse import parse
from adapters.formats.hl7v2.syntax import SYNTAX as V2
from conformance.document import Document
from mappings.catalog import Catalog
from mappings.convert import Conversion, Converter
from mappings.run import Settings

SYNTAXES = {"v2": V2, "fhir": FHIR}


@cache
def catalog() -> Catalog:
    return Catalog()


@cache
def converter(map_id: str, read: str, write: str) -> Converter:
    found = catalog().converter(map_id, read, write, SYNTAXES.__getitem__)
    assert found is not None, catalog().issues
    return found


def document(text: str) -> Document:
    """A message, its segments in lines."""
    read = parse(text.strip("\n").replace("\n", "\r").encode()).value
    assert read is not None
    return read


def forward(text: str, map_id: str = "adt-a01", **settings: Any) -> Conversion:
    return converter(map_id, "v2", "fhir")(document(text), Settings(**settings))


def back(bundle: Document, map_id: str = "adt-a01", **settings: Any) -> Conversion:
    return converter(map_id, "fhir", "v2")(bundle, Settings(**settings))


def resources(made: Conversion, kind: str = "") -> list[dict[str, Any]]:
    assert made.document is not None
    found = [entry["resource"] for entry in made.document.root.get("entry", ())]
    return [each for each in found if not kind or each["resourceType"] == kind]


def one(made: Conversion, kind: str) -> dict[str, Any]:
    (found,) = resources(made, kind)
    return found


def everything(node: Any) -> Iterator[Any]:
    """All objects, lists and values in a tree."""
    yield node
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from everything(each)


def codes(made: Conversion) -> list[str]:
    return [issue.code for issue in made.issues]


def adt(*segments: str, event: str = "A01", version: str = "2.5.1") -> str:
    head = f"MSH|^~\\&|ADT1|GH|||20240301081500+0000||ADT^{event}|C1|P|{version}"
    return "\n".join([head, *segments])


def told(*resources: dict[str, Any], target: str = "ADT_A01@2.8") -> list[str]:
    """The segments that a Bundle of a patient and these resources gives."""
    patient = {"resourceType": "Patient", "id": "p", "name": [{"family": "Stone"}]}
    about = {"subject": {"reference": "Patient/p"}}
    entries = [
        {"fullUrl": f"http://gh.example/{each['resourceType']}/{each['id']}", "resource": each}
        for each in (patient, *({**about, "id": str(number), **each} for number, each in enumerate(resources)))
    ]
    root = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    made = back(Document(format="fhir", version="4.0.1", root=root), target=target).document
    assert made is not None
    text: str = made.root.raw.decode()
    return text.rstrip("\r").split("\r")[2:]


def code(text: str, system: str = "") -> dict[str, Any]:
    return {"coding": [{"code": text, **({"system": system} if system else {})}]}


VERIFIED = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
OF_PATIENT = {"patient": {"reference": "Patient/p"}, "beneficiary": {"reference": "Patient/p"}}
