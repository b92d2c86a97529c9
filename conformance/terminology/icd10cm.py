"""ICD-10-CM's codes of social needs (Z55 to Z65): which exist and may be billed, by the releases that are here.

`icd10cm_z55_z65.csv` holds release, code and billable; its facts are those of ICD-10-CM April 2026 (US NCHS). A later
release is more rows: the latest one counts.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

SYSTEM = "http://hl7.org/fhir/sid/icd-10-cm"
_RANGE = re.compile(r"Z(?:5[5-9]|6[0-5])(?:\.[0-9A-Z]{1,4})?")


@cache
def codes() -> tuple[str, dict[str, bool]]:
    """The latest release, and its codes with whether they may be billed."""
    with Path(__file__).with_name("icd10cm_z55_z65.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    release = max(row["release"] for row in rows)
    return release, {row["code"]: row["billable"] == "Y" for row in rows if row["release"] == release}


def covers(code: str) -> bool:
    """True for codes of which this table can speak: written as Z55 to Z65."""
    return _RANGE.fullmatch(code) is not None


def successors(code: str) -> tuple[str, ...]:
    """The billable codes below a header; of a code that doesn't exist, those of its nearest ancestor that does."""
    _, known = codes()
    while code and code not in known:
        code = code[:-1].rstrip(".")
    below = (each for each in known if each.startswith(code) and each != code)
    return tuple(each for each in below if known[each])
