"""From a trigger event to its message structure, by version: table 0354 of the standard.

The table first stands in v2.3.1, and MSH-9.3 with it; older versions take its rows, because their messages are the
same abstract messages without the name. Events that a later version withdrew keep the structure they last had.
"""

from __future__ import annotations

from functools import cache, lru_cache

VERSIONS = ("2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.1", "2.8.2", "2.9")
"""Oldest first."""

USUAL = "2.5.1"
"""Whose rules serve a message that doesn't say its version."""

_ADT: tuple[tuple[str, str, str], ...] = (
    # structure, its events, first version of the row; a later row of the same event replaces an earlier one
    ("ADT_A01", "A01 A04 A05 A08 A13 A14 A28 A31", "2.1"),
    ("ADT_A02", "A02 A21 A22 A23 A25 A26 A27 A29 A32 A33", "2.1"),
    ("ADT_A03", "A03", "2.1"),
    ("ADT_A06", "A06 A07", "2.1"),
    ("ADT_A09", "A09 A10 A11 A15", "2.1"),
    ("ADT_A12", "A12", "2.1"),
    ("ADT_A16", "A16", "2.1"),
    ("ADT_A17", "A17", "2.1"),
    ("ADT_A18", "A18", "2.1"),
    ("ADT_A20", "A20", "2.1"),
    ("ADT_A24", "A24", "2.1"),
    ("ADT_A30", "A30 A34 A35 A36 A46 A47 A48 A49", "2.1"),
    ("ADT_A37", "A37", "2.1"),
    ("ADT_A38", "A38", "2.1"),
    ("ADT_A39", "A39 A40 A41 A42", "2.1"),
    ("ADT_A43", "A43 A44", "2.1"),
    ("ADT_A45", "A45", "2.1"),
    ("ADT_A50", "A50 A51", "2.1"),
    ("ADT_A52", "A52 A53 A55", "2.1"),
    ("ADT_A54", "A54", "2.1"),
    ("ADT_A60", "A60", "2.1"),
    ("ADT_A61", "A61 A62", "2.1"),
    ("ADT_A05", "A05 A14 A28 A31", "2.4"),
    ("ADT_A21", "A21 A22 A23 A25 A26 A27 A29 A32 A33", "2.4"),
    ("ADT_A15", "A15", "2.4"),
    ("ADT_A09", "A12", "2.4"),
    ("ADT_A12", "A12", "2.5"),
    ("ADT_A44", "A44", "2.7"),
    ("ADT_A54", "A55", "2.7"),
)

_OTHER = {
    "MDM": "T01:T03 T05 T07 T09 T11|T02:T04 T06 T08 T10",
    "SIU": "S12:S13 S14 S15 S16 S17 S18 S19 S20 S21 S22 S23 S24 S26 S27",
    "SRM": "S01:S02 S03 S04 S05 S06 S07 S08 S09 S10 S11",
    "REF": "I12:I13 I14 I15",
    "RQA": "I08:I09 I10 I11",
    "RQI": "I01:I02 I03",
    "CRM": "C01:C02 C03 C04 C05 C06 C07 C08",
    "CSU": "C09:C10 C11 C12",
    "CCR": "I16:I17 I18",
    "PPR": "PC1:PC2 PC3",
    "PGL": "PC6:PC7 PC8",
    "PMU": "B01:B02|B04:B05 B06",
    "QBP": "Q21:Q22 Q23 Q24 Q25|Q11:Q31",
    "RSP": "K23:K24",
    "ORU": "R30:R31 R32|R01:R40",
}
"""Message code -> `structure's event:events that share it`, for the messages that are not ADT."""


@lru_cache(maxsize=256)
def rank(version: str) -> int:
    """Place of a version in VERSIONS; one that isn't there counts as the newest before it, `2.5.3` as `2.5.1`, and text
    that is no version as the usual one."""
    key = _parts(version) or _parts(USUAL)
    return max((place for place, known in enumerate(VERSIONS) if _parts(known) <= key), default=0)


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isascii() and part.isdigit() and len(part) < 6)


@cache
def _structures(place: int) -> dict[str, str]:
    table = {f"ADT_{event}": name for name, events, first in _ADT if rank(first) <= place for event in events.split()}
    for code, groups in _OTHER.items():
        for group in groups.split("|"):
            shared, _, events = group.partition(":")
            table.update({f"{code}_{event}": f"{code}_{shared}" for event in events.split()})
    return table


def structure_of(version: str, event: str, code: str = "ADT") -> str:
    """The message structure of an event of table 0003, `A04` -> `ADT_A01`; empty when the table has no row for it."""
    return "ACK" if code == "ACK" else _structures(rank(version)).get(f"{code}_{event}", "")
