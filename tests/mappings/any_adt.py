"""ADT messages of every structure, populated at random by data type: repetitions, components and subcomponents,
escapes, explicit nulls, Z segments, any alphabet, other delimiters, segments left out and out of place."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from conformance.hl7v2.abstract import Node
from conformance.hl7v2.fields import components_of
from conformance.hl7v2.tables import codes, segment, structure

TEXTS = (
    "Stone",
    "Åse Ødegård",
    "O'Neil",
    "李明",
    "Ada-Mae",
    "de la Cruz",
    "a\\T\\b",
    "x\\S\\y\\R\\z",
    "\\X41\\",
    "é\\E\\",
)
BY_TYPE = {
    "DT": ("20240229", "2023", "198002", "20241345", "1"),
    "TM": ("1015", "101500-0500", "9"),
    "NM": ("7", "72.50", "-1", "x7"),
    "SI": ("1", "2"),
    "SN": ("7",),
    "FT": ("text\\.br\\more",),
    "DTM": ("20240301081500+0000", "202403010815", "20240229", "2023", "20240301081500.123-0530", "2024x"),
}
BY_TYPE["TS"] = BY_TYPE["TSCOMPONENT"] = BY_TYPE["DTM"]
CODES = {
    "0001": ("F", "M", "U", "X"), "0004": ("I", "O", "E", "P", "?"),
    "0203": ("MR", "SS", "PI", "AN", "VN", "NPI", "DL", ""),
    "0396": ("I10", "SCT", "LN", "CDCREC", "99LOC", "UCUM"), "0136": ("Y", "N"), "0200": ("L", "M", "A"),
    "0190": ("H", "B", "BA", "M", "O"), "0201": ("PRN", "NET", "WPN"), "0202": ("PH", "CP", "Internet", "FX"),
    "0125": ("NM", "ST", "CWE", "CE", "TX", "SN", "DT", "TS", "ED", "QQ", "TM", "DR", "NA"),
    "0301": ("ISO", "DNS", "URI"),
    "0085": ("F", "P", "C"), "0206": ("A", "D", "U"), "0052": ("A", "F", "W"), "0287": ("AD", "DE"),
}  # fmt: skip
"""A few codes of the tables on which much depends, by their numbers; others come from the tables themselves."""

DELIMITERS = ("|^~\\&", "|^~\\&", "|^~\\&", "$%*@!", "|^~\\&#", "#:+?;")


class Maker:
    """Makes messages; the same seed gives the same one."""

    def __init__(self, seed: int, version: str, filling: float) -> None:
        self.random = Random(seed)
        self.version = version
        self.filling = filling

    def some(self, chance: float) -> bool:
        return self.random.random() < chance

    def leaf(self, kind: str, table: str) -> str:
        if self.some(0.03):
            return '""'
        if kind in BY_TYPE:
            return self.random.choice(BY_TYPE[kind])
        if table and self.some(0.8):
            known = CODES.get(table) or tuple(sorted(codes(self.version, table) or ()))
            if known:
                return self.random.choice(known)
        return self.random.choice(TEXTS) if self.some(0.6) else str(self.random.randint(1, 40))

    def value(self, kind: str, table: str, depth: int = 0) -> str:
        parts = components_of(self.version, kind) if depth < 2 else ()
        if not parts:
            return self.leaf(kind, table)
        chance = 0.5 if depth == 0 else 0.4
        given = [
            self.value(part.type, part.table, depth + 1) if not number or self.some(chance) else ""
            for number, part in enumerate(parts)
        ]
        if self.some(0.03):
            given += ["", "beyond"]
        return "^&"[depth].join(given).rstrip("^&")

    def field(self, kind: str, table: str) -> str:
        count = self.random.choice((1, 1, 1, 2, 3))
        return "~".join(self.value(kind, table) if self.some(0.95) else "" for _ in range(count))

    def segment(self, name: str) -> str:
        rows = segment(self.version, name) or segment("2.8.2", name)
        if rows is None or name.startswith("Z"):
            return "|".join([name, *(self.leaf("ST", "") if self.some(0.5) else "" for _ in range(5))])
        made = [name]
        for number, row in enumerate(rows, 1):
            chance = 0.95 if (name, number) in (("PID", 3), ("PID", 5), ("PV1", 2), ("MRG", 1)) else self.filling
            kind = (
                self.random.choice(("ST", "NM", "CWE", "SN", "TS", "ED"))
                if row.type in ("varies", "Varies")
                else row.type
            )
            made.append(self.field(kind, row.table) if self.some(chance) else "")
        return "|".join(made).rstrip("|")

    def names(self, node: Node) -> Iterator[str]:
        members = [self.random.choice(node.members)] if node.choice else node.members
        for member in members:
            if not member.required and not self.some(0.5):
                continue
            for _ in range(self.random.choice((1, 1, 2, 3)) if member.many else 1):
                yield from self.names(member) if member.members else (member.name,)
            if self.some(0.03):
                yield self.random.choice(("ZPH", "NTE", "OBX", "ROL", "PRT", "PV1"))

    def message(self, event: str, name: str) -> str:
        tree = structure(self.version, name) or structure("2.8.2", name) or structure("2.3.1", name)
        assert tree is not None, name
        body = [each for each in self.names(tree) if each not in ("MSH", "EVN", "ARV")]
        rest = [self.segment(each) for each in ("EVN", *body)]
        head = (
            f"MSH|^~\\&|ADT1|GH^1.2.3^ISO|HUB\\T\\CO|HIE|20240301081500+0000|{self.field('ST', '')}|ADT^{event}^{name}"
        )
        return "\r".join([f"{head}|C{self.random.randint(1, 9)}|P|{self.version}", *rest]) + "\r"


def message(seed: int, event: str, name: str, version: str = "2.5.1", filling: float = 0.5) -> bytes:
    """A message of an event and structure, in delimiters that the seed decides."""
    text = Maker(seed, version, filling).message(event, name)
    marks = DELIMITERS[seed % len(DELIMITERS)]
    if marks[:5] == "|^~\\&":
        return text.replace("|^~\\&", marks, 1).encode()
    free = "".join(each for each in text if each not in marks)
    return free.translate(str.maketrans("|^~\\&", marks)).encode()
