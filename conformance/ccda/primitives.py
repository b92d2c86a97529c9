"""CDA's primitive types: what an attribute of each may look like. Linear in the length of the text.

HL7 V3 Data Types, Abstract Specification, R1; XML Implementation Technology Specification, Data Types, R1.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

NULL_FLAVORS = frozenset(
    (
        "NI",
        "INV",
        "DER",
        "OTH",
        "NINF",
        "PINF",
        "UNC",
        "MSK",
        "NA",
        "UNK",
        "ASKU",
        "NAV",
        "NASK",
        "NAVU",
        "QS",
        "TRC",
        "NP",
    )
)


@lru_cache(maxsize=20_000)
def is_uid(text: str) -> bool:
    """An OID, a UUID or an RUID (data type UID)."""
    if text[:1].isdigit() and "." in text:
        return all(part.isdecimal() and (part == "0" or part[0] != "0") for part in text.split("."))
    parts = text.split("-")
    if [len(part) for part in parts] == [8, 4, 4, 4, 12]:
        return all(char in "0123456789abcdefABCDEF" for part in parts for char in part)
    return bool(text) and text[0].isalpha() and text.isascii() and text.replace("-", "").isalnum()


_BOUNDS = (("01", "12"), ("01", "31"), ("00", "23"), ("00", "59"), ("00", "60"))
_DAYS = {"02": "29", "04": "30", "06": "30", "09": "30", "11": "30"}


def is_time(text: str) -> bool:
    """`YYYY[MM[DD[HH[MM[SS[.f]]]]]][+-ZZzz]`; pairs of digits, none of them impossible."""
    digits = text
    for sign in "+-":
        digits, mark, offset = digits.partition(sign)
        if mark:
            if not (offset.isdecimal() and len(offset) in (2, 4) and offset[:2] <= "14"):
                return False
            break
    digits, dot, fraction = digits.partition(".")
    if not (digits.isascii() and digits.isdecimal() and len(digits) in (4, 6, 8, 10, 12, 14)):
        return False
    if dot and not fraction.isdecimal():
        return False
    pairs = [digits[start : start + 2] for start in range(4, len(digits), 2)]
    if not all(low <= pair <= high for pair, (low, high) in zip(pairs, _BOUNDS, strict=False)):
        return False
    return len(pairs) < 2 or pairs[1] <= _DAYS.get(pairs[0], "31")


def is_decimal(text: str) -> bool:
    """Digits with a point and an exponent, as XML Schema's double without its names for infinity."""
    mantissa, mark, exponent = text.replace("E", "e").partition("e")
    if mark and not is_integer(exponent):
        return False
    whole, _, fraction = mantissa.lstrip("+-").partition(".")
    digits = whole + fraction
    return len(mantissa) - len(mantissa.lstrip("+-")) <= 1 and digits.isascii() and digits.isdecimal()


def is_integer(text: str) -> bool:
    digits = text[1:] if text[:1] in ("+", "-") else text
    return digits.isascii() and digits.isdecimal()


def is_boolean(text: str) -> bool:
    return text in ("true", "false", "1", "0")


def is_code(text: str) -> bool:
    """No white space inside (data type CS); what stood around it isn't looked at."""
    return text.split() == [text]


PRIMITIVES: dict[str, tuple[Callable[[str], bool], str]] = {
    "uid": (is_uid, "an OID, a UUID or a registered name"),
    "dateTime": (is_time, "a time YYYYMMDDhhmmss.f+zzzz, which may end after any pair"),
    "decimal": (is_decimal, "a number"),
    "integer": (is_integer, "a whole number"),
    "boolean": (is_boolean, "true or false"),
    "code": (is_code, "a code, which has no white space"),
    "nullFlavor": (NULL_FLAVORS.__contains__, "one of HL7's null flavors"),
}
"""By name: whether a text is one, and how it is called."""
