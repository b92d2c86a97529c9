"""Code systems that are grammars or registries of others: whether a code can be one of theirs.

An answer of None means that it can't be told here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from conformance.terminology import checkdigits, ucum

_MIME = re.compile(
    r"(application|audio|chemical|font|image|message|model|multipart|text|video|x-[a-z\-]{1,40}|\*)/[A-Za-z0-9!#$&\-^_.+*]{1,127}"
    r"(\s*;\s*[A-Za-z0-9!#$&\-^_.+]{1,127}=(\"[^\"]{0,200}\""
    r"|[A-Za-z0-9!#$&\-^_.+:/]{1,200}(?: [A-Za-z0-9!#$&\-^_.+:/]{1,200}){0,9}))*"
)
"""A parameter's value may have spaces without quotes, as R4's own examples write it: `variant=DICOM WADO-RS`."""
BCP_47 = "urn:ietf:bcp:47"
_LANGUAGE = re.compile(
    r"([a-zA-Z]{2,3})((?:-[a-zA-Z]{3}){0,3})(-[a-zA-Z]{4})?(-(?:[a-zA-Z]{2}|\d{3}))?"
    r"((?:-(?:[a-zA-Z0-9]{5,8}|\d[a-zA-Z0-9]{3}))*)((?:-[a-wyzA-WYZ0-9](?:-[a-zA-Z0-9]{2,8})+)*)(-[xX](?:-[a-zA-Z0-9]{1,8})+)?"
    r"|([xX](?:-[a-zA-Z0-9]{1,8})+)",
    re.ASCII,
)
"""RFC 5646, 2.1, with a group for each of `_SUBTAGS` and one for tags of private use alone. Languages of four letters
and more are reserved."""
_SUBTAGS = ("language", "ext-lang", "script", "region", "variant", "extension", "private-use")
_LANGUAGES_2 = (
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el "
    "en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu "
    "ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na "
    "nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn "
    "so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu"
)
_COUNTRIES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ "
    "CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO "
    "FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE "
    "JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO "
    "MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW "
    "PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM "
    "TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW"
)
_CURRENCIES = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD "
    "CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS "
    "GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD "
    "KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR "
    "NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN "
    "SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XAG "
    "XAU XBA XBB XBC XBD XCD XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWL ZWG"
)

_STATES = (
    "AA AE AK AL AP AR AS AZ CA CO CT DC DE FL FM GA GU HI IA ID IL IN KS KY LA MA MD ME MH MI MN MO MP MS MT NC ND NE "
    "NH NJ NM NV NY OH OK OR PA PR PW RI SC SD TN TX UT VA VI VT WA WI WV WY"
)
"""USPS Publication 28, appendix B: states, possessions and military addresses."""


@cache
def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def language(code: str) -> bool:
    """A well-formed BCP-47 tag whose two-letter language, if it has one, is in ISO 639-1."""
    if len(code) > 100 or _LANGUAGE.fullmatch(code) is None:
        return False
    first = code.partition("-")[0].lower()
    return len(first) != 2 or first in _words(_LANGUAGES_2)


def subtags(code: str) -> frozenset[str] | None:
    """The kinds of subtags of a BCP-47 tag, as filters of value sets name them; None for what is no tag."""
    match = _LANGUAGE.fullmatch(code) if language(code) else None
    if match is None:
        return None
    *parts, alone = match.groups()
    return frozenset(("private-use",) if alone else (name for name, part in zip(_SUBTAGS, parts, strict=True) if part))


def _country(code: str) -> bool | None:
    if re.fullmatch(r"[A-Z]{2}", code):
        return code in _words(_COUNTRIES)
    if re.fullmatch(r"[A-Z]{2}-[A-Z0-9]{1,3}", code):
        return None if code[:2] in _words(_COUNTRIES) else False
    return None if re.fullmatch(r"[A-Z]{3}|\d{3}", code) else False


def _time_zone(code: str) -> bool:
    from zoneinfo import available_timezones

    return code in available_timezones()


def _mime(code: str) -> bool:
    """A MIME type, or one of the short names that FHIR has for its own formats (capabilitystatement.html#format)."""
    return code in ("json", "xml", "ttl", "html") or (len(code) <= 500 and _MIME.fullmatch(code) is not None)


def _possible(check: Callable[[str], bool]) -> Callable[[str], bool | None]:
    """A right check digit only says that the code may exist."""
    return lambda code: None if check(code) else False


def _snomed(code: str) -> bool | None:
    return None if not code.isdecimal() or checkdigits.snomed(code) else False


SYSTEMS: dict[str, Callable[[str], bool | None]] = {
    ucum.SYSTEM: ucum.valid,
    "urn:ietf:bcp:13": _mime,
    BCP_47: language,
    "urn:iso:std:iso:3166": _country,
    "urn:iso:std:iso:4217": lambda code: code in _words(_CURRENCIES),
    "https://www.iana.org/time-zones": _time_zone,
    "https://www.usps.com/": lambda code: code in _words(_STATES),
    "http://loinc.org": _possible(checkdigits.loinc),
    "http://snomed.info/sct": _snomed,
}
"""Code system URL to its answer: True, False, or None where the registry's content would be needed."""


_CDC_RACE = "urn:oid:2.16.840.1.113883.6.238"
_NULL_FLAVOR = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
_SEX = "http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender"
_VSAC = "http://cts.nlm.nih.gov/fhir/ValueSet/"

VALUE_SETS: dict[str, dict[str, Any]] = {
    _VSAC + oid: {
        "url": _VSAC + oid,
        "expansion": [[system, code] for code in codes.split()],
        "partial": partial,
        "closed": True,
    }
    for oid, system, codes, partial in (
        ("2.16.840.1.114222.4.11.836", _CDC_RACE, "1002-5 2028-9 2054-5 2076-8 2106-3", False),
        ("2.16.840.1.114222.4.11.837", _CDC_RACE, "2135-2 2186-5", False),
        ("2.16.840.1.113762.1.4.1021.102", _NULL_FLAVOR, "ASKU UNK", True),
        ("2.16.840.1.113762.1.4.1021.103", _NULL_FLAVOR, "ASKU UNK", True),
        ("2.16.840.1.113762.1.4.1", _SEX, "F M", True),
    )
}
"""The small VSAC sets that every US Core Patient needs, as facts of a value set: the categories of the OMB (as US Core
3.1.1 lists them), and what is known of the others (`partial`: more may be in them). An expansion that a user adds goes
before.
"""
