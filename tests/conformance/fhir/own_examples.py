"""Resources of our own, invented, that meet the profiles they claim."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
_THO = "http://terminology.hl7.org/CodeSystem/"
_DIV = '<div xmlns="http://www.w3.org/1999/xhtml"><p>A person who does not exist</p></div>'


def _text(system: str, code: str, display: str) -> Json:
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


PATIENT: Json = {
    "resourceType": "Patient",
    "id": "p1",
    "meta": {"profile": [f"{_CORE}patient|7.0.0"]},
    "text": {"status": "generated", "div": _DIV},
    "extension": [
        {
            "url": f"{_CORE}race",
            "extension": [
                {
                    "url": "ombCategory",
                    "valueCoding": {"system": "urn:oid:2.16.840.1.113883.6.238", "code": "2106-3", "display": "White"},
                },
                {"url": "text", "valueString": "White"},
            ],
        },
        {"url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace", "valueAddress": {"city": "Riverbend"}},
    ],
    "identifier": [
        {
            "use": "usual",
            "type": _text(f"{_THO}v2-0203", "MR", "Medical record number"),
            "system": "http://hospital.example.org/mrn",
            "value": "1032702",
            "period": {"start": "2012-04-01", "end": "2032-04-01"},
        }
    ],
    "active": True,
    "name": [{"use": "official", "family": "Shore", "given": ["Amy", "V."], "period": {"start": "2016-12-06"}}],
    "telecom": [{"system": "phone", "value": "555-555-5555", "use": "home"}],
    "gender": "female",
    "birthDate": "1987-02-20",
    "deceasedDateTime": "2024-06-30T23:15:00-05:00",
    "address": [{"use": "home", "line": ["49 Meadow St"], "city": "Mounds", "state": "OK", "postalCode": "74047"}],
    "contact": [{"name": {"family": "Shore"}, "gender": "male", "period": {"start": "2020", "end": "2021-03"}}],
    "communication": [{"language": _text("urn:ietf:bcp:47", "en-US", "English (United States)"), "preferred": True}],
    "generalPractitioner": [{"reference": "#gp"}],
    "contained": [{"resourceType": "Practitioner", "id": "gp", "name": [{"family": "Bone"}], "gender": "male"}],
}

OBSERVATION: Json = {
    "resourceType": "Observation",
    "id": "o1",
    "identifier": [{"system": "http://hospital.example.org/obs", "value": "1"}],
    "status": "final",
    "category": [_text(f"{_THO}observation-category", "vital-signs", "Vital Signs")],
    "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
    "subject": {"reference": "Patient/p1"},
    "encounter": {"reference": "Encounter/e1"},
    "effectiveDateTime": "2024-05-01T10:00:00Z",
    "issued": "2024-05-01T10:06:00.000Z",
    "performer": [{"reference": "Practitioner/x"}],
    "valueQuantity": {"value": 72.5, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
    "note": [{"text": "On the ward's scale", "time": "2024-05-01T10:06:00Z"}],
    "referenceRange": [
        {
            "low": {"value": 50, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
            "high": {"value": 90, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
            "age": {"low": {"value": 18, "unit": "a"}, "high": {"value": 65, "unit": "a"}},
        }
    ],
}

CONDITION: Json = {
    "resourceType": "Condition",
    "id": "c1",
    "meta": {"profile": [f"{_CORE}condition-encounter-diagnosis|6.1.0"], "lastUpdated": "2024-05-02T08:00:00Z"},
    "clinicalStatus": _text(f"{_THO}condition-clinical", "active", "Active"),
    "verificationStatus": _text(f"{_THO}condition-ver-status", "confirmed", "Confirmed"),
    "category": [_text(f"{_THO}condition-category", "encounter-diagnosis", "Encounter Diagnosis")],
    "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "Z59.01"}], "text": "Sheltered"},
    "subject": {"reference": "Patient/p1"},
    "encounter": {"reference": "Encounter/e1"},
    "onsetPeriod": {"start": "2024-01", "end": "2024-04"},
    "recordedDate": "2024-05-01",
    "stage": [{"summary": {"text": "known"}}],
    "evidence": [{"detail": [{"reference": "Observation/o1"}]}],
}

ENCOUNTER: Json = {
    "resourceType": "Encounter",
    "id": "e1",
    "status": "finished",
    "statusHistory": [{"status": "in-progress", "period": {"start": "2024-05-01", "end": "2024-05-02"}}],
    "class": {"system": f"{_THO}v3-ActCode", "code": "IMP", "display": "inpatient encounter"},
    "type": [{"text": "Inpatient stay"}],
    "subject": {"reference": "Patient/p1"},
    "participant": [{"individual": {"reference": "Practitioner/x"}, "period": {"start": "2024-05-01"}}],
    "period": {"start": "2024-05-01T09:00:00Z", "end": "2024-05-02T09:00:00Z"},
    "length": {"value": 1, "unit": "d", "system": "http://unitsofmeasure.org", "code": "d"},
    "diagnosis": [{"condition": {"reference": "Condition/c1"}, "rank": 1}],
    "hospitalization": {"dischargeDisposition": {"text": "Home"}},
    "location": [{"location": {"reference": "Location/x"}, "status": "completed"}],
}

_BASE = "http://hospital.example.org/fhir"

BUNDLE: Json = {
    "resourceType": "Bundle",
    "id": "b1",
    "type": "collection",
    "timestamp": "2024-05-02T09:00:00Z",
    "entry": [
        {"fullUrl": f"{_BASE}/{one['resourceType']}/{one['id']}", "resource": one}
        for one in (PATIENT, ENCOUNTER, CONDITION, OBSERVATION)
    ],
}

EXAMPLES: dict[str, Json] = {
    "patient": PATIENT,
    "observation": OBSERVATION,
    "condition": CONDITION,
    "encounter": ENCOUNTER,
    "bundle": BUNDLE,
}
