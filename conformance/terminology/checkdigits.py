"""Check digits of identifiers and codes: whether a code can be one at all, without its system's content."""

from __future__ import annotations

import re

_D = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
"""Multiplication in the dihedral group D5."""
_P = (
    "0123456789", "1576283094", "5803796142", "8916043527",
    "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip


def luhn(digits: str) -> bool:
    """True when the last digit is the Luhn (mod 10) check digit of those before."""
    if not digits.isdecimal() or not digits.isascii():
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if place % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def verhoeff(digits: str) -> bool:
    """True when the last digit is the Verhoeff check digit of those before."""
    if not digits.isdecimal() or not digits.isascii():
        return False
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = int(_D[check][int(_P[place % 8][int(digit)])])
    return check == 0


def loinc(code: str) -> bool:
    """A LOINC term, part (`LP`), answer (`LA`), group (`LG`) or list (`LL`) with its mod 10 check digit.

    Letters take part: a character counts as its ASCII code less 48, doubled as `2v - 9 (v div 5)`.
    """
    match = re.fullmatch(r"((?:LP|LA|LG|LL)?\d{1,8})-(\d)", code, re.ASCII)
    if match is None:
        return False
    values = [ord(character) - 48 for character in reversed(match[1])]
    total = sum(value if place % 2 else 2 * value - value // 5 * 9 for place, value in enumerate(values))
    return (total + int(match[2])) % 10 == 0


def snomed(code: str) -> bool:
    """A SNOMED CT identifier of 6 to 18 digits: no leading zero, Verhoeff check digit."""
    return re.fullmatch(r"[1-9]\d{5,17}", code, re.ASCII) is not None and verhoeff(code)


def npi(number: str) -> bool:
    """A US National Provider Identifier: ten digits, first 1 or 2, Luhn over `80840` and the number."""
    return re.fullmatch(r"[12]\d{9}", number, re.ASCII) is not None and luhn("80840" + number)
