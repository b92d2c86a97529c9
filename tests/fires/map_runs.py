"""Calls that fire the codes of converting by maps: MAP-01xx."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from conformance.issue import Issue
from tests.mappings.small import bundle, seg, write

MAP = """
tables:
  kept: {rows: [[a, b], [none, ""]]}
  dropped: {rows: [[a, b]], unmapped: drop}
parts: {person: [{v2: "1", fhir: identifier.value}]}
rules:
- make: Patient
  key: {v2: [PID-3], as: person-key}
  rules:
  - {v2: PID-7, fhir: birthDate, as: date}
  - {v2: PID-8, fhir: gender, table: dropped}
  - {v2: PID-15, fhir: language, table: kept}
  - {v2: PID-22, fhir: language, table: kept}
  - {v2: PD1-4, fhir: generalPractitioner, to: Practitioner, key: {v2: ["1"]}, use: person}
  - {profile: "http://p", needs: [telecom]}
"""


def _forward(fields: dict[int, str], head: str = "") -> Callable[[], Iterable[Issue]]:
    def fire() -> Iterable[Issue]:
        with TemporaryDirectory() as folder:
            return write(Path(folder), head + MAP).forward(seg("PID", fields)).issues

    return fire


def _nowhere() -> Iterable[Issue]:
    patient = {"resourceType": "Patient", "generalPractitioner": [{"reference": "Practitioner/none"}]}
    with TemporaryDirectory() as folder:
        return write(Path(folder), MAP).back(bundle(patient)).issues


FIRES: dict[str, Callable[[], Iterable[Issue]]] = {
    "MAP-0101": _forward({3: "1", 7: "19901345"}),
    "MAP-0102": _forward({3: "1", 8: "x"}),
    "MAP-0103": _forward({3: "1", 15: "x"}),
    "MAP-0104": _forward({7: "1990"}),
    "MAP-0105": _forward({3: "1"}, head="when: {v2: MSH-9.2, eq: A03}\n"),
    "MAP-0106": _forward({3: "1", 15: "a", 22: "x"}),
    "MAP-0107": _forward({3: "1", 15: "a"}),
    "MAP-0108": _nowhere,
    "MAP-0109": _forward({3: "1", 15: "none"}),
}
