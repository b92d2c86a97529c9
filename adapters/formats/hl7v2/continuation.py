"""A message in several parts (v2.8.2 section 2.10.2): DSC-1 of a part is MSH-14 of the one that goes on with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from adapters.formats.hl7v2.acknowledge import Header
from adapters.formats.hl7v2.batch import split

_FRAMING = b" \t\r\n\x0b\x1c\x00"
_TAIL = 512
"""Bytes at the end of a part in which its DSC is looked for: DSC-1 has 180 characters at most."""


class Links(NamedTuple):
    """What a part goes on with (MSH-14) and what goes on with it (DSC-1), empty at the ends; and who sent it."""

    before: str
    after: str
    sender: tuple[str, str]


def links(raw: bytes, head: Header) -> Links:
    return Links(head.fields[14].strip(), _after(raw, head), (head.fields[3], head.fields[4]))


def is_part(raw: bytes, head: Header, *, has_patient: bool) -> bool:
    """Many senders fill MSH-14 with something else: it counts where a message begins with ADD or has no PID."""
    if head.fields[14].strip() and (not has_patient or _begins_with_add(raw)):
        return True
    return bool(_after(raw, head))


def joined(part: bytes, others: Sequence[bytes]) -> tuple[bytes, tuple[int, ...]] | None:
    """The whole message that a part and some of the others make, and the places of these; of several that would fit the
    first is taken. None while one is missing."""
    free = {place: links(each, Header(each)) for place, each in enumerate(others)}
    first = last = links(part, Header(part))
    order: list[int] = [-1]

    def take(fits: Callable[[Links], bool]) -> tuple[int, Links] | None:
        place = next((each for each, known in free.items() if known.sender == first.sender and fits(known)), None)
        return None if place is None else (place, free.pop(place))

    while first.before:
        if (found := take(lambda each: each.after == first.before)) is None:  # noqa: B023 (called at once)
            return None
        order.insert(0, found[0])
        first = found[1]
    while last.after:
        if (found := take(lambda each: each.before == last.after)) is None:  # noqa: B023 (called at once)
            return None
        order.append(found[0])
        last = found[1]
    whole = split(b"\r".join(part if place < 0 else others[place] for place in order))
    return (whole[0], tuple(place for place in order if place >= 0)) if len(whole) == 1 else None


def _after(raw: bytes, head: Header) -> str:
    """DSC-1 of the last segment."""
    tail = raw[-_TAIL:]
    if b"DSC" not in tail or head.codec != "latin-1":
        return ""
    line = tail.rstrip(_FRAMING).replace(b"\n", b"\r").rpartition(b"\r")[2]
    name, *fields = line.decode("latin-1").split(head.delimiters[0])
    return fields[0].strip() if name == "DSC" and fields else ""


def _begins_with_add(raw: bytes) -> bool:
    """ADD behind the header has the rest of the segment before it."""
    lines = raw[:65536].replace(b"\n", b"\r").split(b"\r", 2)
    return len(lines) > 1 and lines[1][:3] == b"ADD"
