"""The named facts of a message that rules may ask for, read from its FHIR form."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from gateway.routing.bundle import Pivot, Resource, at

Fact = Callable[[Pivot], Iterator[Any]]

NUBC = ("https://www.nubc.org/CodeSystem/PatDischargeStatus", "http://terminology.hl7.org/CodeSystem/v2-0112")
"""Systems under which PV1-36 is a code of the NUBC's patient discharge status."""


def event(pivot: Pivot) -> Iterator[Any]:
    """The trigger: `A03`."""
    for header in pivot.all("MessageHeader"):
        yield from at(header, "eventCoding.code")


def facility(pivot: Pivot) -> Iterator[Any]:
    """Names and identifiers of the sending and of the treating organization."""
    for header in pivot.all("MessageHeader"):
        yield from _organization(pivot, header.get("sender"))
        yield from at(header, "source.name")
    for encounter in pivot.all("Encounter"):
        yield from _organization(pivot, encounter.get("serviceProvider"))


def class_(pivot: Pivot) -> Iterator[Any]:
    """The kind of visit: `IMP`, `EMER`, `AMB`."""
    for encounter in pivot.all("Encounter"):
        yield from at(encounter, "class.code")


def postal_code(pivot: Pivot) -> Iterator[Any]:
    """Of the patients' addresses, those that are out of use left out."""
    for patient in pivot.all("Patient"):
        for address in at(patient, "address"):
            if isinstance(address, dict) and address.get("use") != "old":
                yield from at(address, "postalCode")


def payer(pivot: Pivot) -> Iterator[Any]:
    """Names and identifiers of the insurers."""
    for coverage in pivot.all("Coverage"):
        for reference in at(coverage, "payor"):
            yield from _organization(pivot, reference)


def programme(pivot: Pivot) -> Iterator[Any]:
    """Kinds and classes of coverage, and kinds of episodes of care: codes, names and texts."""
    for coverage in pivot.all("Coverage"):
        yield from _concept(coverage, "type")
        for path in ("class.value", "class.name"):
            yield from at(coverage, path)
    for episode in pivot.all("EpisodeOfCare"):
        yield from _concept(episode, "type")


def disposition(pivot: Pivot) -> Iterator[Any]:
    """Where the patient was discharged to: every code that is there, the NUBC's and FHIR's."""
    for coding in _dispositions(pivot):
        yield from at(coding, "code")


def outreach(pivot: Pivot) -> Iterator[Any]:
    """Y, N, REVIEW, or STOP: what the discharge means for those who would follow up. Death is always STOP."""
    if any(map(_died, pivot.all("Patient"))):
        yield "STOP"
    codings = list(_dispositions(pivot))
    national = [coding for coding in codings if coding.get("system") in NUBC]
    for coding in national or codings:
        code = str(coding.get("code", ""))
        yield _outreach().get((code.zfill(2), True) if national else (code, False), "REVIEW")


def security(pivot: Pivot) -> Iterator[Any]:
    """Security labels of the message, the patient and the visit."""
    yield from at(pivot.root, "meta.security.code")
    for kind in ("MessageHeader", "Patient", "Encounter"):
        for resource in pivot.all(kind):
            yield from at(resource, "meta.security.code")


def deceased(pivot: Pivot) -> Iterator[Any]:
    """`true` when a patient has died."""
    for patient in pivot.all("Patient"):
        yield _died(patient)


CLOSED: Mapping[str, tuple[str, ...]] = {
    "outreach": ("Y", "N", "REVIEW", "STOP"),
    "deceased": ("true", "false"),
}
"""Facts of which it is known what they can be; a rule that asks for something else would never match."""

FACTS: Mapping[str, Fact] = {
    "event": event,
    "facility": facility,
    "class": class_,
    "postal_code": postal_code,
    "payer": payer,
    "programme": programme,
    "disposition": disposition,
    "outreach": outreach,
    "security": security,
    "deceased": deceased,
}


def _died(patient: Resource) -> bool:
    return patient.get("deceasedBoolean") is True or bool(patient.get("deceasedDateTime"))


def _dispositions(pivot: Pivot) -> Iterator[Resource]:
    for encounter in pivot.all("Encounter"):
        for coding in at(encounter, "hospitalization.dischargeDisposition.coding"):
            if isinstance(coding, dict):
                yield coding


def _organization(pivot: Pivot, reference: object) -> Iterator[Any]:
    """What an organization is known by, whether it is in the Bundle or only referred to."""
    yield from at(reference, "display")
    yield from at(reference, "identifier.value")
    organization = pivot.resolved(reference)
    if organization is not None and organization.get("resourceType") == "Organization":
        yield from at(organization, "name")
        yield from at(organization, "identifier.value")


def _concept(resource: Resource, name: str) -> Iterator[Any]:
    for path in ("coding.code", "coding.display", "text"):
        yield from at(resource, f"{name}.{path}")


@cache
def _outreach() -> dict[tuple[str, bool], str]:
    """(code, whether it is the NUBC's) to what it means for outreach."""
    text = files("gateway.routing").joinpath("outreach.csv").read_text("utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {(row["code"], row["system"] == "nubc"): row["outreach"] for row in rows}
