"""What takes back an earlier statement: a resource that is entered in error, or out of use, with its identifiers.

A receiver that keeps resources by id replaces what it has; one that never had it learns nothing but the identifiers of
a person (https://hl7.org/fhir/R4/resource.html#status).
"""

from __future__ import annotations

from typing import Any

Resource = dict[str, Any]

ERROR = "entered-in-error"
_ACTIVE = frozenset(
    ("HealthcareService", "Organization", "OrganizationAffiliation", "Patient", "Practitioner", "PractitionerRole",
     "RelatedPerson")
)  # fmt: skip
_VERIFIED = frozenset(("AllergyIntolerance", "Condition"))
_SYSTEM = {
    "AllergyIntolerance": "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification",
    "Condition": "http://terminology.hl7.org/CodeSystem/condition-ver-status",
}
_KEPT = ("resourceType", "id", "identifier", "patient", "organization", "providedBy", "meta")
"""What a resource that is out of use still says: who it was, and what it must refer to."""


def withdraw(resource: Resource) -> None:
    """Marks a resource in place."""
    kind = resource["resourceType"]
    if kind in _ACTIVE:
        for name in [name for name in resource if name not in _KEPT]:
            del resource[name]
        meta = resource.get("meta", {})
        meta.pop("profile", None)  # what is left satisfies none
        if not meta:
            resource.pop("meta", None)
        resource["active"] = False
    elif kind in _VERIFIED:
        resource.pop("clinicalStatus", None)
        resource["verificationStatus"] = {"coding": [{"system": _SYSTEM[kind], "code": ERROR}]}
    elif kind == "Location":
        resource["status"] = "inactive"
    elif "status" in resource:
        resource["status"] = ERROR


def withdrawn(resource: Resource) -> bool:
    """True for a resource that takes back an earlier one."""
    if resource.get("resourceType") in _VERIFIED:
        status = resource.get("verificationStatus")
        codings = status.get("coding") if type(status) is dict else None
        return type(codings) is list and any(type(each) is dict and each.get("code") == ERROR for each in codings)
    return resource.get("active") is False or resource.get("status") == ERROR


def updated(resource: Resource) -> str | None:
    """When a resource was last changed: the only thing that can stand for the time when it was taken back."""
    meta = resource.get("meta")
    found = meta.get("lastUpdated") if type(meta) is dict else None
    return found if type(found) is str else None
