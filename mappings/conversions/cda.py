"""CDA's identifiers, telecom addresses and repetitions, and the identity of people and organizations in documents.

Whole values come as plain dicts: attributes by `@name`, children by name as lists, text as `#`.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from html import escape
from typing import Any

from conformance.terminology.checkdigits import loinc
from mappings.conversions.conversion import Conversion, Run
from mappings.conversions.keys import person_key
from mappings.conversions.systems import is_oid, is_uuid
from mappings.conversions.times import date_backward, datetime_backward, datetime_forward

Element = Mapping[str, Any]

_TELECOM = {
    "tel": "phone",
    "fax": "fax",
    "x-text-fax": "fax",
    "mailto": "email",
    "http": "url",
    "https": "url",
    "sms": "sms",
}
"""Scheme of a TEL -> ContactPoint.system (CF-TelecomType)."""

_NPI = "2.16.840.1.113883.4.6"

_NUMBERED = frozenset(("2.16.840.1.113883.4.2", "2.16.840.1.113883.4.7"))
"""Registers without a URI: employers, laboratories (CLIA)."""


def system_forward(text: str, run: Run) -> str | None:
    """An OID, UUID or URI of a code system or an assigning authority as URI; a known OID becomes the URI it has."""
    return run.settings.authorities.get(text) or _registered(text)


@lru_cache(maxsize=4096)  # code systems and authorities: a directory's, and asked for many times per document
def _registered(text: str) -> str | None:
    from conformance.terminology.oids import uri_of

    if is_oid(text):
        return uri_of(text) or f"urn:oid:{text}"
    return _as_uri(text)


def system_backward(value: str, run: Run) -> str:
    from conformance.terminology.oids import oids

    return oids().get(value) or value.removeprefix("urn:oid:").removeprefix("urn:uuid:")


def cda_system(value: str, run: Run) -> str | None:
    """The OID or UUID of a system's URI; None where it has none: `codeSystemName` says the URI then."""
    from conformance.terminology.oids import oids

    for name, uri in run.settings.authorities.items():
        if uri == value and is_oid(name):
            return name
    found = oids().get(value) or value.removeprefix("urn:oid:").removeprefix("urn:uuid:")
    return found if is_oid(found) or is_uuid(found) else None


def cda_system_name(value: str, run: Run) -> str | None:
    return None if cda_system(value, run) else value


_LOINC = "2.16.840.1.113883.6.1"
_ANY_URI = "2.16.840.1.113883.4.873"
"""The root of ids whose system is a URI without an OID: the extension is the system, a slash and the value."""


def cda_id(parts: list[str | None], run: Run) -> list[str] | None:
    """System and value of an Identifier as root, extension and nullFlavor of an II."""
    system, value = (each if type(each) is str else "" for each in parts)
    if not value:
        return None
    if not system:
        return ["", value, "UNK"]
    if system == "urn:ietf:rfc:3986":
        root = value.removeprefix("urn:oid:").removeprefix("urn:uuid:")
        return [root, "", ""] if is_oid(root) or is_uuid(root) else [_ANY_URI, value, ""]
    known = cda_system(system, run)
    return [known, value, ""] if known else [_ANY_URI, f"{system.rstrip('/')}/{value}", ""]


def uri_id(text: str, run: Run) -> list[str]:
    """What stands behind the root of any URI: system and value, or the URI alone."""
    system, slash, value = text.rpartition("/")
    if slash and value and "//" in system:
        return [system, value]
    return ["urn:ietf:rfc:3986", text]


def cda_question(parts: list[str | None], run: Run) -> list[str] | None:
    """The LOINC code that a linkId ends in (`/93042-0/71802-3`, as forms made of LOINC panels have them), and LOINC's
    OID; None for any other linkId."""
    path = parts[0] if type(parts[0]) is str else ""
    code = path.rpartition("/")[2]
    return [code, _LOINC] if path.startswith("/") and code[:1].isdecimal() and loinc(code) else None


_SCHEMES = {"phone": "tel:", "fax": "fax:", "email": "mailto:", "pager": "tel:", "sms": "sms:"}


def cda_tel(parts: list[str | None], run: Run) -> list[str] | None:
    """System and value of a ContactPoint as the URL of a TEL."""
    system, value = (each if type(each) is str else "" for each in parts)
    if not value:
        return None
    scheme = _SCHEMES.get(system, "")
    return [value if value.startswith(scheme) else scheme + "".join(value.split())]


def cda_unit(value: str, run: Run) -> str | None:
    """A unit; one of several words can't stand in `unit`."""
    return value if value and not any(char.isspace() for char in value) else None


def cda_period(parts: list[Any], run: Run) -> list[str] | None:
    """Period and frequency of a Timing as the period of a PIVL: 2 in 1 day are one every 0.5 days."""
    period, frequency = parts[0], parts[1] if parts[1] else 1
    if not isinstance(period, (int, Decimal)) or not isinstance(frequency, (int, Decimal)) or frequency <= 0:
        return None
    every = Decimal(period) / Decimal(frequency)
    return [f"{every.quantize(Decimal('1.0000')).normalize():f}" if every % 1 else f"{int(every)}"]


def paragraph(value: str, run: Run) -> str:
    """A text as XHTML."""
    return f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{escape(value)}</p></div>'


def media_type(value: str, run: Run) -> str:
    return value.partition(";")[0].strip()


def base64_text(value: str, run: Run) -> str | None:
    """The text in a base64 body; None where it isn't text."""
    try:
        return b64decode(value, validate=True).decode()
    except ValueError:
        return None


def root_forward(text: str, run: Run) -> str | None:
    """An id that is a root alone: `urn:oid:` or `urn:uuid:`, lower case, as a value of system urn:ietf:rfc:3986. The
    root of a register (all NPIs, all social security numbers) without the number in it identifies nobody."""
    if _register(text):
        return None
    return f"urn:oid:{text}" if is_oid(text) else _as_uri(text)


def root_backward(value: str, run: Run) -> str:
    return value.removeprefix("urn:oid:").removeprefix("urn:uuid:")


def _as_uri(text: str) -> str | None:
    digits = text.replace("-", "").lower()
    if len(digits) == 32 and all(char in "0123456789abcdef" for char in digits):
        return f"urn:uuid:{text.lower()}"
    return text if text.startswith(("http://", "https://", "urn:")) else None


def telecom_system_forward(text: str, run: Run) -> str:
    scheme = text.partition(":")[0].lower() if ":" in text else ""
    return _TELECOM.get(scheme, "other" if scheme else "phone")


def telecom_value_forward(text: str, run: Run) -> str | None:
    """The number or address without its scheme; web addresses keep theirs, which is part of them."""
    scheme, colon, rest = text.partition(":")
    if not colon:
        return text
    return text if scheme.lower() in ("http", "https") or scheme.lower() not in _TELECOM else rest.strip() or None


def ucum_forward(text: str, run: Run) -> str | None:
    """A unit that is UCUM; None for one that isn't, which stays text."""
    from conformance.terminology.ucum import valid

    return text if valid(text) else None


def ucum_system_forward(text: str, run: Run) -> str | None:
    """The system of a unit's code, where it has one."""
    from conformance.terminology.ucum import SYSTEM, valid

    return SYSTEM if valid(text) else None


def ts_forward(text: str, run: Run) -> str | None:
    """A TS. Of one that can't be read in full the part that is certain is kept, and the rest reported; year 1 is what
    some systems write for "unknown"."""
    if text.startswith("0001"):
        run.say("CDA-0103", text)
        return None
    moment = datetime_forward(text, run)
    if moment is not None:
        return moment
    for length in (8, 6, 4):
        certain = datetime_forward(text[:length], run) if text[:length].isdecimal() and len(text) >= length else None
        if certain is not None:
            run.say("CDA-0102", text)
            return certain
    return None


def ts_date_forward(text: str, run: Run) -> str | None:
    """The date of a TS, in the document's own clock."""
    moment = ts_forward(text[:8], run)
    return moment[:10] if moment else None


def _moments(times: Iterable[Element]) -> list[str]:
    """The texts of all moments in IVL_TS, the earliest first, as far as their digits tell."""
    ends = ([each, *each.get("low", ()), *each.get("high", ())] for each in times)
    return sorted({text for parts in ends for each in parts if (text := str(each.get("@value", "")))[:4].isdecimal()})


def ts_only_forward(times: Iterable[Element], run: Run) -> str | None:
    moments = _moments(times)
    return ts_forward(moments[0], run) if len(moments) == 1 else None


def ts_first_forward(times: Iterable[Element], run: Run) -> str | None:
    moments = _moments(times)
    return ts_forward(moments[0], run) if len(moments) > 1 else None


def ts_last_forward(times: Iterable[Element], run: Run) -> str | None:
    moments = _moments(times)
    return ts_forward(moments[-1], run) if len(moments) > 1 else None


def day_instant_forward(text: str, run: Run) -> str | None:
    """An instant; of a date alone the start of that day, for Bundle.timestamp (bdl-10). The date itself is kept in
    Composition.date as it was sent."""
    moment = ts_forward(text, run)
    if moment is None or "T" in moment:
        return moment
    return datetime_forward(moment.replace("-", "") + "000000", run) if len(moment) == 10 else None


def one_less_forward(text: str, run: Run) -> int | None:
    """repeatNumber counts all dispenses, numberOfRepeatsAllowed those after the first."""
    return int(text) - 1 if text.isdecimal() and 1 <= int(text) < 1_000_000 else None


_MINUTES = {"s": Decimal(1) / 60, "min": Decimal(1), "h": Decimal(60), "d": Decimal(1440)}


def expression_forward(parts: list[str | None], run: Run) -> str | None:
    """A SNOMED CT code refined by an attribute and its value, as an expression of SNOMED CT's compositional grammar."""
    code, attribute, value = parts
    known = code and attribute and value and code.isdecimal() and attribute.isdecimal() and value.isdecimal()
    return f"{code}:{attribute}={value}" if known else None


def minutes_forward(parts: list[str | None], run: Run) -> int | None:
    """A value and its unit as whole minutes, for Timing.repeat.offset; nothing where they aren't."""
    value, unit = parts
    if not value or unit not in _MINUTES or not value.replace(".", "", 1).isdecimal():
        return None
    found = Decimal(value) * _MINUTES[unit]
    return int(found) if found == int(found) else None


def person_forward(ids: list[Element], run: Run) -> str | None:
    """The ids of a patient's role, as far as they identify somebody."""
    return person_key([[_cx(each) for each in ids if _identifies(each)]], run)


def _cx(element: Element) -> list[list[str]]:
    """An II as the components of a CX: id, authority, no type."""
    root, extension = str(element.get("@root", "")), str(element.get("@extension", ""))
    authority = ["", root, "ISO" if is_oid(root) else "UUID"]
    return [[extension or root], [""], [""], authority if extension else ["", "", ""], [""]]


def actor_forward(parts: list[list[Element]], run: Run) -> str | None:
    """Ids and names of a person, device or organization: an NPI, else all ids, else the name at this custodian."""
    known = sorted(
        (each["@root"] != _NPI, str(each["@root"]), str(each.get("@extension", "")))
        for each in parts[0]
        if each.get("@root") and _identifies(each)
    )
    if known:
        chosen = known[:1] if not known[0][0] else known
        texts = ((system_forward(root, run) or root, extension) for _, root, extension in chosen)
        return "~".join(f"{extension}|{uri}" if extension else uri for uri, extension in texts)
    said = " ".join(words for part in parts[1:] for each in part if (words := _words(each)))
    where = run.facility[1] if len(run.facility) > 1 else run.settings.sender
    return f"name|{said}|{where}" if said else None


def _identifies(element: Element) -> bool:
    """False for a null id, and for the root of a register (all NPIs) without the number in it."""
    root = str(element.get("@root", ""))
    return "@nullFlavor" not in element and bool(element.get("@extension") or (root and not _register(root)))


def _register(root: str) -> bool:
    from conformance.terminology.oids import uri_of

    return root in _NUMBERED or uri_of(root) is not None


def kin_forward(parts: list[list[Element]], run: Run) -> str | None:
    """Ids and names of somebody close to the patient, then the ids of the patient and of the document: a name alone is
    only the patient's."""
    person = actor_forward(parts[:-2], run)
    return f"{person}@{_whose(parts, run)}" if person else None


def device_forward(parts: list[list[Element]], run: Run) -> str | None:
    """Ids and kind of a device, then as for kin. Some systems give all devices one id: its kind tells them apart."""
    ids, kind = actor_forward(parts[:1], run), " ".join(str(each.get("@code") or _words(each)) for each in parts[1])
    return f"{ids}|{kind}@{_whose(parts, run)}" if ids or kind else None


def _whose(parts: list[list[Element]], run: Run) -> str:
    """The patient's ids; without any the document's."""
    return person_forward(parts[-2], run) or " ".join(
        "{}^{}".format(each.get("@root"), each.get("@extension")) for each in parts[-1]
    )


def role_forward(parts: list[list[Element]], run: Run) -> str | None:
    """Ids and names of a person, then of the organization they act in."""
    person, organization = actor_forward(parts[:2], run), actor_forward(parts[2:], run)
    return f"{person}@{organization}" if person and organization else None


def _words(element: Element) -> str:
    """All texts in an element, in the order of its parts' names."""
    own = str(element.get("#") or element.get("@displayName") or element.get("@code") or "")
    below = (_words(each) for name in sorted(element) for each in element[name] if isinstance(element[name], list))
    return own or " ".join(word for word in below if word)


def visit_forward(parts: list[list[Any]], run: Run) -> str | None:
    """An encounter's first id, and which visit under that id it is, where there are several; one whose id is a
    nullFlavor is known by what it says."""
    which = "".join(f"|{each}" for each in parts[1])
    for each in parts[0]:
        if each.get("@root") and _identifies(each):
            return f"{each.get('@extension', '')}|{system_forward(str(each['@root']), run)}{which}"
    return None


def body_forward(text: str, run: Run) -> str | None:
    """Base64 as it was sent, without white space; nothing where it isn't base64."""
    packed = "".join(text.split())
    body = packed.rstrip("=")
    good = body.isascii() and body.replace("+", "A").replace("/", "A").isalnum() and len(packed) % 4 == 0
    return packed if good else None


def text_body_forward(text: str, run: Run) -> str:
    return b64encode(text.encode()).decode()


def negated_words_forward(text: str, run: Run) -> str:
    """What a source says is not so, as a sentence that can't be read as its contrary."""
    return f"The source negates this: {text}."


def unknown_forward(text: str, run: Run) -> None:
    run.say("CDA-0101", text)


CONVERSIONS = (
    Conversion(
        name="oid-system",
        forward=system_forward,
        backward=system_backward,
        gives="uri",
        lossy=True,
        doc="OID of a code system or authority as URI, by the site's authorities, then HL7 Terminology, else urn:oid.",
    ),
    Conversion(
        name="root-uri",
        forward=root_forward,
        backward=root_backward,
        gives="string",
        lossy=True,
        quiet=True,
        doc="A root without an extension as a URI, UUIDs in lower case; nothing for a register without a number.",
    ),
    Conversion(
        name="telecom-system",
        forward=telecom_system_forward,
        backward=None,
        gives="code",
        doc="One-way: telecom-value writes the scheme.",
    ),
    Conversion(
        name="telecom-value", forward=telecom_value_forward, backward=None, gives="string", doc="One-way for now: TEL."
    ),
    Conversion(
        name="ucum-code",
        forward=ucum_forward,
        backward=lambda value, run: value,
        gives="code",
        quiet=True,
        doc="A unit that is UCUM; another stays text.",
    ),
    Conversion(
        name="ucum-system",
        forward=ucum_system_forward,
        backward=None,
        gives="uri",
        quiet=True,
        doc="One-way: the system of a unit's code.",
    ),
    Conversion(
        name="ts",
        forward=ts_forward,
        backward=datetime_backward,
        gives="dateTime",
        lossy=True,
        doc="TS in its own precision; what is malformed is kept as far as it is certain.",
    ),
    Conversion(
        name="ts-date",
        forward=ts_date_forward,
        backward=date_backward,
        gives="date",
        lossy=True,
        doc="The date of a TS.",
    ),
    *(
        Conversion(
            name=f"ts-{which}",
            forward=forward,
            backward=None,
            gives="dateTime",
            quiet=True,
            whole=True,
            doc=f"One-way: {doc}",
        )
        for which, forward, doc in (
            ("only", ts_only_forward, "the one moment that several times tell of."),
            ("first", ts_first_forward, "the earliest of several moments."),
            ("last", ts_last_forward, "the latest of several moments."),
        )
    ),
    Conversion(
        name="day-instant",
        forward=day_instant_forward,
        backward=datetime_backward,
        gives="instant",
        lossy=True,
        doc="An instant; of a date the start of its day.",
    ),
    Conversion(
        name="one-less",
        forward=one_less_forward,
        backward=lambda value, run: str(value + 1),
        gives="unsignedInt",
        doc="repeatNumber as the repeats after the first.",
    ),
    Conversion(
        name="refined",
        forward=expression_forward,
        backward=None,
        gives="code",
        quiet=True,
        doc="One-way: a code, an attribute and its value as an expression of SNOMED CT.",
    ),
    Conversion(
        name="minutes",
        forward=minutes_forward,
        backward=None,
        gives="unsignedInt",
        doc="One-way: a value and its UCUM unit of time as whole minutes.",
    ),
    Conversion(
        name="negated-words",
        forward=negated_words_forward,
        backward=None,
        gives="string",
        doc="One-way: what is negated, in words that say so.",
    ),
    Conversion(
        name="patient-key", forward=person_forward, backward=None, gives="key", doc="A key: the ids of patientRole."
    ),
    Conversion(
        name="kin-key", forward=kin_forward, backward=None, gives="key", doc="A key: actor-key, and the patient's ids."
    ),
    Conversion(
        name="device-key", forward=device_forward, backward=None, gives="key", doc="A key: a device of the patient's."
    ),
    Conversion(name="actor-key", forward=actor_forward, backward=None, gives="key", doc="A key: ids, else names here."),
    Conversion(
        name="role-key", forward=role_forward, backward=None, gives="key", doc="A key: a person and an organization."
    ),
    Conversion(
        name="visit-key-cda",
        forward=visit_forward,
        backward=None,
        gives="key",
        doc="A key: the encounter's first id and visit.",
    ),
    Conversion(
        name="base64-body",
        forward=body_forward,
        backward=lambda value, run: value,
        gives="base64Binary",
        lossy=True,
        doc="Base64 without its white space.",
    ),
    Conversion(
        name="text-base64",
        forward=text_body_forward,
        backward=base64_text,
        gives="base64Binary",
        doc="A text as base64 of its UTF-8.",
    ),
    Conversion(
        name="cda-system",
        forward=system_forward,
        backward=cda_system,
        gives="uri",
        quiet=True,
        lossy=True,
        doc="Written: the OID of a system; one without goes by its name.",
    ),
    Conversion(
        name="cda-system-name",
        forward=lambda text, run: _as_uri(text),
        backward=cda_system_name,
        gives="uri",
        quiet=True,
        doc="A system without an OID, by its URI.",
    ),
    Conversion(
        name="cda-id",
        forward=lambda parts, run: None,
        backward=cda_id,
        gives="string",
        doc="Written: system and value as root and extension; a system without an OID under the root of any URI.",
    ),
    Conversion(
        name="cda-question",
        forward=lambda parts, run: None,
        backward=cda_question,
        gives="code",
        quiet=True,
        doc="Written: the LOINC code that the linkId of a form made of a LOINC panel ends in.",
    ),
    Conversion(
        name="uri-id",
        forward=uri_id,
        backward=None,
        gives="string",
        doc="One-way, `cda-id` writes it: system and value behind the root of any URI.",
    ),
    Conversion(
        name="cda-tel", forward=lambda text, run: None, backward=cda_tel, gives="string", doc="Written: a TEL's URL."
    ),
    Conversion(
        name="cda-unit",
        forward=lambda text, run: text,
        backward=cda_unit,
        gives="string",
        doc="A unit of one word.",
    ),
    Conversion(
        name="cda-period",
        forward=lambda text, run: None,
        backward=cda_period,
        gives="decimal",
        doc="Written: period and frequency as PIVL's period.",
    ),
    Conversion(
        name="media-type",
        forward=lambda text, run: text,
        backward=media_type,
        gives="code",
        lossy=True,
        doc="A media type without its parameters.",
    ),
    Conversion(
        name="paragraph",
        forward=lambda text, run: None,
        backward=paragraph,
        gives="string",
        doc="Written: a text as XHTML.",
    ),
    Conversion(
        name="unknown-template",
        forward=unknown_forward,
        backward=None,
        gives="string",
        quiet=True,
        doc="Reports an entry whose templates no map knows; one-way, it writes nothing.",
    ),
)
