"""Code systems that go by an OID or a short name elsewhere, and the URIs that FHIR knows them by.

Source: the NamingSystems of hl7.terminology.r4 7.0.1 (CC0); the short names are VSAC's.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_V3 = "http://terminology.hl7.org/CodeSystem/v3-"

_ROWS: tuple[tuple[str, str, str], ...] = (
    ("2.16.840.1.113883.6.1", "LOINC", "http://loinc.org"),
    ("2.16.840.1.113883.6.96", "SNOMEDCT", "http://snomed.info/sct"),
    ("2.16.840.1.113883.6.88", "RXNORM", "http://www.nlm.nih.gov/research/umls/rxnorm"),
    ("2.16.840.1.113883.6.90", "ICD10CM", "http://hl7.org/fhir/sid/icd-10-cm"),
    ("2.16.840.1.113883.6.4", "ICD10PCS", "http://www.cms.gov/Medicare/Coding/ICD10"),
    ("2.16.840.1.113883.6.3", "ICD10", "http://hl7.org/fhir/sid/icd-10"),
    ("2.16.840.1.113883.6.103", "ICD9CM", "http://hl7.org/fhir/sid/icd-9-cm"),
    ("2.16.840.1.113883.6.104", "", "http://hl7.org/fhir/sid/icd-9-cm"),
    ("2.16.840.1.113883.6.12", "CPT", "http://www.ama-assn.org/go/cpt"),
    ("2.16.840.1.113883.6.13", "CDT", "http://www.ada.org/cdt"),
    ("2.16.840.1.113883.6.285", "HCPCS", "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"),
    ("2.16.840.1.113883.12.292", "CVX", "http://hl7.org/fhir/sid/cvx"),
    ("2.16.840.1.113883.6.69", "NDC", "http://hl7.org/fhir/sid/ndc"),
    ("2.16.840.1.113883.6.101", "NUCCPT", "http://nucc.org/provider-taxonomy"),
    ("2.16.840.1.113883.6.238", "CDCREC", "urn:oid:2.16.840.1.113883.6.238"),
    ("2.16.840.1.113883.3.221.5", "SOP", "https://nahdo.org/sopt"),
    ("2.16.840.1.113883.6.259", "HSLOC", "https://www.cdc.gov/nhsn/cdaportal/terminology/codesystem/hsloc.html"),
    ("2.16.840.1.113883.6.8", "UCUM", "http://unitsofmeasure.org"),
    ("2.16.840.1.113883.6.121", "", "urn:ietf:bcp:47"),
    ("2.16.840.1.113883.4.9", "UNII", "http://fdasis.nlm.nih.gov"),
    ("2.16.840.1.113883.6.345", "MEDRT", "http://va.gov/terminology/medrt"),
    ("2.16.840.1.113883.6.254", "ICF", "http://hl7.org/fhir/sid/icf"),
    ("2.16.840.1.113883.3.26.1.1", "NCI", "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl"),
    ("2.16.840.1.113883.5.1", "AdministrativeGender", f"{_V3}AdministrativeGender"),
    ("2.16.840.1.113883.5.4", "ActCode", f"{_V3}ActCode"),
    ("2.16.840.1.113883.5.111", "RoleCode", f"{_V3}RoleCode"),
    ("2.16.840.1.113883.5.1008", "NullFlavor", f"{_V3}NullFlavor"),
)

BY_OID: Mapping[str, str] = {oid: uri for oid, _, uri in _ROWS}
BY_NAME: Mapping[str, str] = {name.lower(): uri for _, name, uri in _ROWS if name}


_V2_TABLES = "2.16.840.1.113883.12."


@cache
def registered() -> Mapping[str, str]:
    """All OIDs with a URI that HL7 Terminology registers, code systems and identifier systems; ours above win."""
    path = Path(__file__).parent / "oids.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(line for line in lines if not line.startswith("#"))
        return {**{row["oid"]: row["uri"] for row in rows}, **BY_OID}


def uri_of(oid: str) -> str | None:
    """The URI that FHIR knows a system by; HL7 v2 tables by their number. None for an OID that nobody registered."""
    found = registered().get(oid)
    if found is None and oid.startswith(_V2_TABLES) and oid[len(_V2_TABLES) :].isdecimal():
        return f"http://terminology.hl7.org/CodeSystem/v2-{oid[len(_V2_TABLES) :].zfill(4)}"
    return found


@cache
def oids() -> Mapping[str, str]:
    """URI to OID."""
    found: dict[str, str] = {}
    for oid, uri in (*BY_OID.items(), *registered().items()):
        found.setdefault(uri, oid)
    return found
