"""Who gave an identifier or a code: HD and coding-system names to URIs and back. No URI is made up.

Order: what the site configured by name or universal id, then a universal id that is a URI by itself (ISO, UUID, URI),
else nothing: the map keeps the name as text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from conformance.terminology.checkdigits import npi
from mappings.conversions.conversion import Conversion, Run, once

_THO = "http://terminology.hl7.org/CodeSystem/"
_V2 = f"{_THO}v2-"

CODING_SYSTEMS: dict[str, str] = {
    "LN": "http://loinc.org",
    "SCT": "http://snomed.info/sct",
    "I10C": "http://hl7.org/fhir/sid/icd-10-cm",
    "I10P": "http://www.cms.gov/Medicare/Coding/ICD10",
    "I9C": "http://hl7.org/fhir/sid/icd-9-cm",
    "I9": "http://hl7.org/fhir/sid/icd-9-cm",
    "I9CDX": "http://hl7.org/fhir/sid/icd-9-cm",
    "I9CP": "http://hl7.org/fhir/sid/icd-9-cm",
    "I10": "http://hl7.org/fhir/sid/icd-10",
    "UCUM": "http://unitsofmeasure.org",
    "NDC": "http://hl7.org/fhir/sid/ndc",
    "CVX": "http://hl7.org/fhir/sid/cvx",
    "MVX": f"{_THO}MVX",
    "C4": "http://www.ama-assn.org/go/cpt",
    "HCPCS": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "RXNORM": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "UNII": "http://fdasis.nlm.nih.gov",
    "CDCREC": "urn:oid:2.16.840.1.113883.6.238",
    "NUCC": "http://nucc.org/provider-taxonomy",
    "ISO3166_1": "urn:iso:std:iso:3166",
    "NUBC": "https://www.nubc.org/CodeSystem/PatDischargeStatus",
    "ACTCODE": f"{_THO}v3-ActCode",
    "NULLFL": f"{_THO}v3-NullFlavor",
}
"""Names of HL7 table 0396 -> URI (facts: table 0396, THO NamingSystems). The first name of a URI is written."""

_SPELLINGS = {
    "ICD10CM": "I10C",
    "ICD-10-CM": "I10C",
    "ICD10": "I10",
    "ICD-10": "I10",
    "ICD10-CM": "I10C",
    "ICD-10CM": "I10C",
    "ICD 10 CM": "I10C",
    "I10CM": "I10C",
    "ICD 10": "I10",
    "I-10": "I10",
    "ICD-9-CM": "I9C",
    "ICD9-CM": "I9C",
    "ICD-9CM": "I9C",
    "ICD 9 CM": "I9C",
    "I9CM": "I9C",
    "ICD-9": "I9C",
    "ICD 9": "I9C",
    "I-9": "I9C",
    "ICD9CM": "I9C",
    "ICD9": "I9C",
    "ICD-10-PCS": "I10P",
    "ICD10PCS": "I10P",
    "LOINC": "LN",
    "LNC": "LN",
    "SNM": "SCT",
    "SNOMED": "SCT",
    "SNOMED-CT": "SCT",
    "SNOMED CT": "SCT",
    "SNOMEDCT_US": "SCT",
    "SNOMEDCT": "SCT",
    "CPT": "C4",
    "CPT4": "C4",
    "CPT-4": "C4",
    "HPC": "HCPCS",
    "RXN": "RXNORM",
    "RXCUI": "RXNORM",
    "NUCCHCPTC": "NUCC",
    "NUCCPT": "NUCC",
    "ISO3166": "ISO3166_1",
}
"""Spellings that senders use for the names above (table 0396 keeps SNM apart from SCT; FHIR has one SNOMED CT)."""

_NAMES: dict[str, str] = {}
for _name, _uri in CODING_SYSTEMS.items():
    _NAMES.setdefault(_uri, _name)

_REGISTRIES = {
    "NPI": "http://hl7.org/fhir/sid/us-npi",
    "2.16.840.1.113883.4.6": "http://hl7.org/fhir/sid/us-npi",
    "2.16.840.1.113883.4.1": "http://hl7.org/fhir/sid/us-ssn",
    "2.16.840.1.113883.4.572": "http://hl7.org/fhir/sid/us-medicare",
    "2.16.840.1.113883.4.927": "http://hl7.org/fhir/sid/us-mbi",
}
"""Authorities of FHIR's identifier registry that are named alike everywhere: their URI is not made up."""

_LOCAL = frozenset({"", "L", "LOCAL"})


@lru_cache(maxsize=4096)  # names of authorities: a directory's, and asked for many times per message
def universal_uri(universal: str, kind: str) -> str | None:
    """The URI that a universal id is by its type (HL7 table 0301); None for types that have none."""
    kind = kind.upper()
    if kind == "ISO" or (not kind and is_oid(universal)):
        return f"urn:oid:{universal.removeprefix('urn:oid:')}" if is_oid(universal.removeprefix("urn:oid:")) else None
    if kind in ("UUID", "GUID"):
        return f"urn:uuid:{universal.lower()}" if is_uuid(universal) else None
    if kind in ("URI", "URL"):
        return universal if ":" in universal else None
    return None


def is_oid(text: str) -> bool:
    """`2.16.840`: numbers with points between, from 0, 1 or 2."""
    if text[:1] not in ("0", "1", "2"):
        return False
    numbers = text.split(".")
    return len(numbers) > 2 and numbers[0] in ("0", "1", "2") and all(n.isdecimal() and n.isascii() for n in numbers)


def is_uuid(text: str) -> bool:
    """Five groups of hexadecimal digits (RFC 9562, section 4)."""
    return _UUID.fullmatch(text) is not None


_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def authority_forward(texts: list[str], run: Run) -> str | None:
    """Namespace, universal id and its type -> URI; None (kept as a name by the map) where none is known."""
    namespace, universal, kind = texts
    authorities = run.settings.authorities
    known = authorities and (authorities.get(universal) or authorities.get(namespace))
    return known or _REGISTRIES.get(universal or namespace) or (universal_uri(universal, kind) if universal else None)


def authority_backward(value: str, run: Run) -> list[str]:
    """The universal id where the URI has one, else the configured name."""
    if value.startswith("urn:oid:"):
        return ["", value[8:], "ISO"]
    if value.startswith("urn:uuid:"):
        return ["", value[9:], "UUID"]
    names = _configured(run.settings.authorities, value) or _configured(_REGISTRIES, value)
    oid = next((name for name in names if is_oid(name)), "")
    if oid:
        return ["", oid, "ISO"]
    return [names[0], "", ""] if names else ["", value, "URI"]


def _configured(authorities: Mapping[str, str], uri: str) -> list[str]:
    return sorted(name for name, configured in authorities.items() if configured == uri)


def identifier_uri_forward(texts: list[str], run: Run) -> str | None:
    """Universal id and type -> an identifier's value that is a URI (`urn:oid:2.16.840...`)."""
    return universal_uri(*texts)


def identifier_uri_backward(value: str, run: Run) -> list[str]:
    return authority_backward(value, run)[1:]


def endpoint_forward(texts: list[str], run: Run) -> str | None:
    """HD as a MessageHeader endpoint (HD[MessageHeader.source-endpoint]); a DNS name is `urn:dns:` there."""
    _, universal, kind = texts
    if kind.upper() == "DNS":
        return f"urn:dns:{universal}" if universal else None
    return universal_uri(universal, kind)


def endpoint_backward(value: str, run: Run) -> list[str]:
    return ["", value[8:], "DNS"] if value.startswith("urn:dns:") else authority_backward(value, run)


def provider_system_forward(texts: list[str], run: Run) -> str | None:
    """Authority, type and id of an XCN, and where a type may stand in its place -> URI; an NPI has one whoever is
    named, but only with a right check digit."""
    authority, (kind, number, *elsewhere) = texts[:3], texts[3:]
    kind = provider_type(kind, number, elsewhere)
    uri = _REGISTRIES["NPI"] if kind == "NPI" else authority_forward(authority, run)
    if uri != _REGISTRIES["NPI"] or npi(number):
        return uri
    run.say("MAP-0207", number)
    return None


def provider_system_backward(value: str, run: Run) -> list[str]:
    return [*authority_backward(value, run), *[""] * 6]


def provider_type(kind: str, number: str, elsewhere: list[str]) -> str:
    """XCN.13. Where that is empty, NPI in XCN.12, 11 or 10, where senders write it who leave out a component; and in
    XCN.8, the table that an id is from, if its check digit is right."""
    if kind or "NPI" not in elsewhere:
        return kind
    return "NPI" if "NPI" in elsewhere[:3] or npi(number) else ""


def no_ssn_forward(text: str, run: Run) -> str:
    """What stands where a social security number should and isn't one: nine digits."""
    run.say("MAP-0212", text)
    return text


def no_ssn_backward(value: str, run: Run) -> str:
    return value


def misplaced(text: str, run: Run) -> str:
    """A type of identifier that stands where another component belongs."""
    run.say("MAP-0211", text)
    return text


def unit_code_forward(texts: list[str], run: Run) -> str | None:
    """The code of a unit (CWE.1) whose system (CWE.3) has a URI: `Quantity.code` needs `Quantity.system` (qty-3)."""
    code, system = texts
    return code if code and system and coding_system_forward(system, run) else None


def unit_code_backward(value: str, run: Run) -> list[str]:
    return [value, ""]


def coding_system_forward(text: str, run: Run) -> str | None:
    """A name of HL7 table 0396, `HL7nnnn`, an OID or a URI -> URI; local ones (L, 99xxx) have none."""
    name = text.strip().upper()
    if name in _LOCAL:
        return None
    uri = run.settings.authorities.get(text) or CODING_SYSTEMS.get(_SPELLINGS.get(name, name)) or _spelt(text, name)
    if uri is None:
        once(run, "MAP-0205", text)
    return uri


def _spelt(text: str, name: str) -> str | None:
    """What the name itself says: `HL70063` (one zero may be missing), `2.16.840...`, `http://...`, `urn:...`."""
    if name.startswith("HL7") and name[3:].isdecimal() and len(name) in (6, 7):
        return _V2 + name[3:].zfill(4)
    if is_oid(text):
        return f"urn:oid:{text}"
    return text if text.startswith(("http://", "https://", "urn:")) else None


def coding_system_backward(value: str, run: Run) -> str:
    """The name of HL7 table 0396 where there is one, else the configured name, the OID or the URI itself."""
    if value.startswith(_V2):
        return f"HL7{value.removeprefix(_V2)}"
    names = _configured(run.settings.authorities, value)
    return _NAMES.get(value) or (names[0] if names else value.removeprefix("urn:oid:"))


CONVERSIONS = (
    Conversion(
        name="authority-uri",
        forward=authority_forward,
        backward=authority_backward,
        gives="uri",
        lossy=True,
        quiet=True,
        doc="HD as Identifier.system, by the site's authorities, else by ISO, UUID or URI.",
    ),
    Conversion(
        name="endpoint-url",
        forward=endpoint_forward,
        backward=endpoint_backward,
        gives="url",
        lossy=True,
        quiet=True,
        doc="HD as the endpoint of a message's source or destination.",
    ),
    Conversion(
        name="provider-system",
        forward=provider_system_forward,
        backward=provider_system_backward,
        gives="uri",
        lossy=True,
        quiet=True,
        doc="Who gave a provider's id: like authority-uri, and us-npi for what is an NPI.",
    ),
    Conversion(
        name="no-ssn",
        forward=no_ssn_forward,
        backward=no_ssn_backward,
        gives="string",
        doc="A number that is no social security number; reported.",
    ),
    Conversion(
        name="misplaced",
        forward=misplaced,
        backward=None,
        gives="code",
        doc="One-way: a type of identifier that stands where another component belongs comes back where it does.",
    ),
    Conversion(
        name="unit-code",
        forward=unit_code_forward,
        backward=unit_code_backward,
        gives="code",
        lossy=True,
        quiet=True,
        doc="A unit's code where its system is known.",
    ),
    Conversion(
        name="identifier-uri",
        forward=identifier_uri_forward,
        backward=identifier_uri_backward,
        gives="string",
        lossy=True,
        quiet=True,
        doc="Universal id and type as the value of an identifier of system urn:ietf:rfc:3986.",
    ),
    Conversion(
        name="coding-system-uri",
        forward=coding_system_forward,
        backward=coding_system_backward,
        gives="uri",
        lossy=True,
        quiet=True,
        doc="Name of a coding system as its URI; of several spellings that of HL7 table 0396 comes back.",
    ),
)
