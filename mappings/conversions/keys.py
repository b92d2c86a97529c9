"""The text of a resource's identity (DESIGN "Ids"); the engine makes a UUIDv5 of salt, type and this text.

A key always says who gave the identifier: the assigning authority, else the sending facility (MSH-4), else the
channel's sender: two hospitals' MR 12345 are two people. It never depends on a position or an order.
"""

from __future__ import annotations

from mappings.conversions.conversion import Conversion, Field, Run
from mappings.conversions.systems import authority_forward, provider_type
from mappings.run import identifier

_STATE_GIVEN = frozenset({"SS", "SB", "DL", "PPN", "TAX", "SSN"})
"""Types of HL7 table 0203 that aren't a record's: they don't name a person while anything else does."""

_GLOBAL = {"NPI": "http://hl7.org/fhir/sid/us-npi", "UPIN": "http://hl7.org/fhir/sid/us-upin"}
"""Identifier types that have one authority, whatever the sender writes beside them."""

_MISPLACED_TYPES = frozenset({"MR", "PI", "PT", "SS", "AN", "VN"})
"""Types that some senders write too early, where the assigning authority or the check digit belongs."""

_RANKS = {"MR": 0, "PI": 1}
_WEAK = 5
"""The rank of identifiers that name a person only together."""


def person_key(fields: list[Field], run: Run) -> str | None:
    """Of CX fields, the first with identifiers: a configured authority's, then MR, then PI, then all, sorted."""
    for field in fields:
        named = sorted({found for item in field if (found := _person_identifier(item, run))})
        if named:
            rank, text = named[0]
            return text if rank < _WEAK else "~".join(text for _, text in named)
    return None


def _person_identifier(item: list[list[str]], run: Run) -> tuple[int, str] | None:
    """Rank (small is better) and text of one CX."""
    value = item[0][0]
    if not value:
        return None
    kind, authority = _leaf(item, 5), _part(item, 4)
    if not kind and authority[0] in _MISPLACED_TYPES and not authority[1]:
        kind, authority = authority[0], _ABSENT
    elif not kind:
        kind = next((found for number in (3, 2) if (found := _leaf(item, number)) in _MISPLACED_TYPES), "")
    known = run.settings.authorities
    configured = known and kind not in _STATE_GIVEN and (authority[0] in known or authority[1] in known)
    rank = _RANKS.get(kind, 2)
    return rank if configured else rank + 3, f"{kind}|{value}|{_authority(authority, run)}"


def identifier_key(fields: list[Field], run: Run) -> str | None:
    """The first CX of the fields that has an id: an account, an episode."""
    for field in fields:
        for item in field:
            if number := item[0][0]:
                return f"{number}|{_authority(_part(item, 4), run)}"
    return None


def visit_key(fields: list[Field], run: Run) -> str | None:
    """PV1-19, else PV1-50, else account, person and admission together (PID-18, PID-3, PV1-44), which is reported."""
    visit, alternate, account, person, admission = fields
    number = identifier_key([visit], run) or identifier_key([alternate], run)
    if number:
        return number
    began = _leaf(admission[0], 1) if admission and admission[0] else ""
    owner = identifier_key([account], run) or person_key([person], run)
    if not (began and owner):
        return None
    run.say("MAP-0206")
    return f"{owner}|{began}"


def practitioner_key(field: Field, run: Run) -> str | None:
    """XCN or CN: the id with its authority (an NPI has one for all), else the name at this sender."""
    item = field[0] if field else []
    number = _leaf(item, 1)
    kind = provider_type(_leaf(item, 13), number, [_leaf(item, part) for part in (12, 11, 10, 8)])
    if number:
        return f"{number}|{_GLOBAL.get(kind) or _authority(_part(item, 9), run)}"
    name = [_leaf(item, part) for part in (2, 3, 4, 5)]
    return "|".join(["name", *name, _sender(run)]) if any(name) else None


def name_key(field: Field, run: Run) -> str | None:
    """XPN: someone known by a name alone, at this sender."""
    item = field[0] if field else []
    name = [_leaf(item, part) for part in (1, 2, 3, 4)]
    return "|".join(["name", *name, _sender(run)]) if any(name) else None


def organization_key(field: Field, run: Run) -> str | None:
    """XON: XON.10 or XON.3 with its authority, else the name at this sender."""
    item = field[0] if field else []
    number = _leaf(item, 10) or _leaf(item, 3)
    if number:
        kind = _leaf(item, 7)
        return f"{number}|{_GLOBAL.get(kind) or _authority(_part(item, 6), run)}"
    return f"name|{_leaf(item, 1)}|{_sender(run)}" if _leaf(item, 1) else None


def facility_key(field: Field, run: Run) -> str | None:
    """HD: its URI or universal id, which are the same everywhere, else the name."""
    item = field[0] if field else []
    parts = [_leaf(item, 1), _leaf(item, 2), _leaf(item, 3)]
    if len(item) == 1:  # an HD that is itself a component has its parts as subcomponents
        parts = _part(item, 1)
    if not any(parts):
        return None
    return authority_forward(parts, run) or parts[1] or parts[0]


_LEVELS = (4, 7, 1, 8, 2, 3)
"""PL from the widest: facility, building, point of care, floor, room, bed (PL[Location])."""


def _level_key(field: Field, run: Run, levels: tuple[int, ...]) -> str | None:
    item = field[0] if field else []
    texts = ["&".join(part).rstrip("&") if any(part := _part(item, level)) else "" for level in levels]
    if not any(texts):
        return None
    return "|".join([*texts, "" if texts[0] else _sender(run)])


def _down_to(level: int) -> Conversion:
    """The key of one level of a PL, from the widest to this one; None where the level itself is absent."""
    levels = _LEVELS[: _LEVELS.index(level) + 1]

    def forward(field: Field, run: Run) -> str | None:
        item = field[0] if field else []
        if not _leaf(item, level) and not any(_part(item, level)):
            return None
        return _level_key(field, run, levels)

    return Conversion(
        name=f"location-key-{_LEVEL_NAMES[level]}",
        forward=forward,
        backward=None,
        gives="key",
        doc=f"PL from the facility down to the {_LEVEL_NAMES[level]}.",
    )


_LEVEL_NAMES = {4: "facility", 7: "building", 1: "point-of-care", 8: "floor", 2: "room", 3: "bed"}


def text_key(field: Field, run: Run) -> str | None:
    """The whole text of a field at this sender: things that only their code names, such as a place of discharge."""
    text = "~".join("^".join("&".join(part) for part in item) for item in field)
    return f"{text}|{_sender(run)}" if text.strip("&^~") else None


def message_id(text: str, run: Run) -> str:
    """Bundle.id of a message: its control id at this sender (FHIR's ids don't take every character of MSH-10)."""
    return identifier(run.settings.salt, f"Bundle|{_sender(run)}|{text}")


def alert_id(text: str, run: Run) -> str:
    """Bundle.id of the notification that is made from a Bundle: another message, always the same one."""
    return identifier(run.settings.salt, f"alert|{text}")


def _authority(part: list[str], run: Run) -> str:
    """The URI of an HD where there is one, else its universal id or name, else the sender."""
    return (authority_forward(part, run) or part[1] or part[0]) if any(part) else _sender(run)


def _sender(run: Run) -> str:
    facility = _padded(run.facility)
    if any(facility):
        return authority_forward(facility, run) or facility[1] or facility[0]
    return run.settings.sender


def _part(item: list[list[str]], number: int) -> list[str]:
    """A component as three subcomponents: namespace, universal id and type of an HD."""
    return _padded(item[number - 1]) if len(item) >= number else _ABSENT


def _padded(part: list[str]) -> list[str]:
    count = len(part)
    return part if count == 3 else [part[0], "", ""] if count == 1 else [*part, "", "", ""][:3]


_ABSENT = ["", "", ""]


def _leaf(item: list[list[str]], number: int) -> str:
    return item[number - 1][0] if len(item) >= number else ""


def _key(name: str, forward: object, doc: str) -> Conversion:
    return Conversion(name=name, forward=forward, backward=None, gives="key", doc=doc)  # type: ignore[arg-type]


CONVERSIONS = (
    Conversion(
        name="message-id", forward=message_id, backward=None, gives="id", doc="One-way: MSH-10 is Bundle.identifier."
    ),
    Conversion(
        name="alert-id", forward=alert_id, backward=None, gives="id", doc="One-way: a notification isn't turned back."
    ),
    _key("person-key", person_key, "CX fields: configured authority, MR, PI, else the sorted set."),
    _key("identifier-key", identifier_key, "CX fields: the first id with its authority."),
    _key("visit-key", visit_key, "PV1-19, PV1-50, else PID-18 or PID-3 with PV1-44."),
    _key("practitioner-key", practitioner_key, "XCN: id with authority, else name at this sender."),
    _key("name-key", name_key, "XPN: the name at this sender."),
    _key("organization-key", organization_key, "XON: id with authority, else name at this sender."),
    _key("facility-key", facility_key, "HD: URI, universal id or name."),
    _key("text-key", text_key, "A coded field's text at this sender."),
    *(_down_to(level) for level in _LEVELS),
)
