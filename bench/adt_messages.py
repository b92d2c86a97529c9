"""Full ADT messages for the bench: about 3 kB and 16 segments each, the same ones every time.

Patients and visits are all different; doctors, places, payers and codes come from lists, as in a hospital.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

FAMILIES = ("Alvarez", "Becker", "Chen", "Dubois", "Eriksen", "Fofana", "García", "Haddad", "Ivanova", "Johnson")
GIVENS = ("Ana", "Ben", "Chloë", "Dmitri", "Eve", "Farid", "Grace", "Hugo", "Inés", "Jamal")
STREETS = ("Oak St", "Maple Ave", "Second St", "Mill Rd", "Lake Shore Dr")
CITIES = (("Springfield", "IL", "62701"), ("Peoria", "IL", "61602"), ("Joliet", "IL", "60432"))
PROBLEMS = (
    ("Z59.00", "Homelessness unspecified"), ("I50.9", "Heart failure, unspecified"), ("Z59.41", "Food insecurity"),
    ("J44.1", "COPD with acute exacerbation"), ("E11.9", "Type 2 diabetes mellitus"), ("Z60.2", "Living alone"),
)  # fmt: skip
ALLERGENS = (("70618", "Penicillin", "SV"), ("1191", "Aspirin", "MO"), ("2670", "Codeine", "MI"), ("", "Peanuts", "SV"))
OBSERVED = (
    ("8867-4", "Heart rate", "NM", "/min"), ("8480-6", "Systolic blood pressure", "NM", "mm[Hg]"),
    ("29463-7", "Body weight", "NM", "kg"), ("71802-3", "Housing status", "CWE", ""),
)  # fmt: skip
PAYERS = ("Blue Plains Health", "State Medicaid", "Union Mutual")
WARDS = ("2W", "3N", "ICU", "ED")


def messages(count: int, seed: int = 2026) -> Iterator[bytes]:
    """That many messages, A01, A04 and A08 in turn (the events that both sides of the bench know)."""
    random = Random(seed)
    doctors = [
        f"{_npi(number)}^{family}^{random.choice(GIVENS)}^M^^DR^MD^^NPPES&2.16.840.1.113883.4.6&ISO^L^^^NPI"
        for number, family in enumerate(FAMILIES * 4)
    ]
    for number in range(count):
        yield _message(random, doctors, number).encode()


def _message(random: Random, doctors: list[str], number: int) -> str:
    event = ("A01", "A04", "A08")[number % 3]
    day, hour = f"202403{random.randint(10, 28)}", f"{random.randint(0, 23):02}"
    at = f"{day}{hour}{random.randint(10, 59)}00-0500"
    segments = [
        f"MSH|^~\\&|EPIC|GENERAL^2.16.840.1.113883.19.4.6^ISO|HUB|HIE|{at}||ADT^{event}^ADT_A01|M{number:06}|P|2.5.1"
        "|||AL|NE|USA|UNICODE UTF-8",
        f"EVN|{event}|{at}|||{random.choice(doctors)}|{at}",
        *_person(random, number),
        *_visit(random, doctors, number, at),
    ]
    segments += [_diagnosis(random, doctors, place, at) for place in (1, 2, 3)]
    segments += [_allergy(random, place, day) for place in (1, 2)]
    segments += [_observation(random, doctors, place, at) for place in (1, 2, 3)]
    return "\r".join([*segments, _insurance(random, number, day)]) + "\r"


def _npi(number: int) -> str:
    """A number with its check digit: Luhn's over 80840 and nine digits."""
    digits = f"{100000000 + number}"
    doubled = [int(digit) * 2 if place % 2 == 0 else int(digit) for place, digit in enumerate(reversed(digits))]
    total = 24 + sum(value - 9 if value > 9 else value for value in doubled)
    return f"{digits}{-total % 10}"


def _name(random: Random) -> str:
    return f"{random.choice(FAMILIES)}^{random.choice(GIVENS)}^{random.choice('ABCDEFGH')}^^^^L"


def _address(random: Random) -> str:
    city, state, code = random.choice(CITIES)
    return f"{random.randint(1, 9999)} {random.choice(STREETS)}^Apt {random.randint(1, 99)}^{city}^{state}^{code}^USA^H"


def _phone(random: Random, use: str = "PRN") -> str:
    return f"^{use}^PH^^1^{random.randint(200, 999)}^{random.randint(2000000, 9999999)}"


def _person(random: Random, number: int) -> list[str]:
    identifiers = (
        f"{500000 + number}^^^GENERAL&2.16.840.1.113883.19.4.6&ISO^MR"
        f"~{random.randint(100000000, 999999999)}^^^SSA&2.16.840.1.113883.4.1&ISO^SS"
    )
    born = f"{random.randint(1930, 2010)}0{random.randint(1, 9)}1{random.randint(0, 9)}"
    account = f"{700000 + number}^^^GENERAL&2.16.840.1.113883.19.4.6&ISO^AN"
    kin = "|MTH^Mother^HL70063|" if number % 2 else "|SPO^Spouse^HL70063|"
    return [
        f"PID|1||{identifiers}||{_name(random)}||{born}|{random.choice('FMOU')}||2106-3^White^CDCREC|{_address(random)}||"
        f"{_phone(random)}~{_phone(random, 'ORN')}|{_phone(random, 'WPN')}|eng^English^ISO639-2|M^Married^HL70002"
        f"|CHR^Christian^HL70006|{account}||||2186-5^Not Hispanic or Latino^CDCREC|Springfield|N|||||||N",
        "PD1|||Springfield Clinic^L^44^^^GENERAL&2.16.840.1.113883.19.4.6&ISO^XX|||||||||N",
        f"NK1|1|{_name(random)}{kin}{_address(random)}|{_phone(random)}||EC^Emergency Contact^HL70131",
        f"NK1|2|{_name(random)}|FND^Friend^HL70063||{_phone(random)}||N^Next-of-Kin^HL70131",
    ]


def _visit(random: Random, doctors: list[str], number: int, at: str) -> list[str]:
    ward, room, bed = random.choice(WARDS), random.randint(200, 240), random.choice("AB")
    attending, referring, consulting, admitting = random.sample(doctors, 4)
    kind = random.choice("IEO")
    visit = f"{900000 + number}^^^GENERAL&2.16.840.1.113883.19.4.6&ISO^VN"
    return [
        f"PV1|1|{kind}|{ward}^{room}^{bed}^GENERAL&2.16.840.1.113883.19.4.6&ISO|E^Emergency^HL70007|||{attending}"
        f"|{referring}|{consulting}|MED^Medical Service^HL70069||||7^Emergency room^HL70023|||{admitting}|INP|{visit}"
        f"|||||||||||||||||||||||||{at}",
        f"PV2|||R07.9^Chest pain, unspecified^I10|||||{at}||2|4",
    ]


def _diagnosis(random: Random, doctors: list[str], place: int, at: str) -> str:
    code, text = random.choice(PROBLEMS)
    return f"DG1|{place}||{code}^{text}^I10||{at}|{'AWF'[place - 1]}|||||||||{place}|{random.choice(doctors)}"


def _allergy(random: Random, place: int, day: str) -> str:
    code, text, severity = random.choice(ALLERGENS)
    return f"AL1|{place}|DA^Drug allergy^HL70127|{code}^{text}^RXNORM|{severity}^^HL70128|Hives~Itching|{day}"


def _observation(random: Random, doctors: list[str], place: int, at: str) -> str:
    code, text, kind, unit = random.choice(OBSERVED)
    value = (
        f"{random.randint(40, 180)}.{random.randint(0, 9)}" if kind == "NM" else "LA30190-5^I do not have housing^LN"
    )
    units = f"{unit}^{unit}^UCUM" if unit else ""
    return f"OBX|{place}|{kind}|{code}^{text}^LN||{value}|{units}|||||F|||{at}||{random.choice(doctors)}"


def _insurance(random: Random, number: int, day: str) -> str:
    payer = random.choice(PAYERS)
    return (
        f"IN1|1|PPO^Preferred provider^L|{PAYERS.index(payer) + 10}^^^GENERAL|{payer}|{_address(random)}|"
        f"|{_phone(random, 'WPN')}|G{random.randint(100, 999)}||||{day}|20251231|||{_name(random)}|SEL^Self^HL70063"
        f"|19{random.randint(30, 99)}0101|{_address(random)}|||||||||||||||||P{number:06}"
    )
