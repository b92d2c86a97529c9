"""Messages for the tests: by hand, and made by hypothesis."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from adapters.formats.hl7v2.codec import Hl7v2
from adapters.formats.hl7v2.escapes import decode, encode
from adapters.formats.hl7v2.message import Message
from conformance.document import Document

FORMAT = Hl7v2()

LINES = (
    "MSH|^~\\&|ADT|GENERAL^2.16.840.1.113883.3.999^ISO|GW|HIE|20240317140500-0500||ADT^A03^ADT_A03|M1|P|2.5.1",
    "EVN|A03|20240317140500-0500",
    "PID|1||123^^^GENERAL^MR~987^^^SSA^SS||Miller^Anne^&Q||19800229|F|||1 Main St&Apt 2^^Albany^NY^12207",
    "PV1|1|I|5E^501^A|||||||||||||||||V77",
    'OBX|1|TX|1234-5^Note^LN||Line one\\.br\\line \\T\\ two~""|||||F',
    "ZPH|local^data",
)
DISCHARGE = "\r".join(LINES) + "\r"


def parsed(text: str | bytes) -> Message:
    """The message in a text that has one."""
    result = FORMAT.parse(text if isinstance(text, bytes) else text.encode())
    assert result.value is not None
    message: Message = result.value.root
    return message


def codes(text: str | bytes) -> list[str]:
    """Codes of the issues found in reading."""
    return [issue.code for issue in FORMAT.parse(text if isinstance(text, bytes) else text.encode()).issues]


def document(message: Message) -> Document:
    return Document(format="hl7v2", version=message.version, root=message)


def leaves(message: Message) -> list[list[list[str]]]:
    """Every leaf decoded, per segment and field, in the order of the text."""
    return [
        [[decode(leaf) for leaf in re.split("[~^&]", field)] for field in segment.text.split("|")]
        for segment in message.segments
    ]


TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
"""Any text that can be written."""

LEAF = st.one_of(TEXT.map(encode), st.just('""'), st.just(""), st.sampled_from(("\\H\\x\\N\\", "\\.sp2\\", "\\Zq\\")))
"""A leaf as it stands in a message: escaped text, an explicit null, nothing, an escape sequence."""


def _joined(mark: str, parts: st.SearchStrategy[str], most: int) -> st.SearchStrategy[str]:
    return st.lists(parts, min_size=1, max_size=most).map(mark.join)


FIELD = _joined("~", _joined("^", _joined("&", LEAF, 3), 3), 3)
NAME = st.sampled_from(("PID", "PV1", "NK1", "OBX", "ZZ9", "DG1", "IN1"))
SEGMENT = st.builds(lambda name, fields: [name, *fields], NAME, st.lists(FIELD, max_size=6))


@st.composite
def field_lists(draw: Callable[[st.SearchStrategy[Any]], Any]) -> list[list[str]]:
    """Segments as field lists in canonical text, a plausible MSH first."""
    header = ["MSH", "|", "^~\\&", draw(FIELD), "FAC", "", "", "20240101", "", "ADT^A08^ADT_A01", "C1", "P", "2.5.1"]
    return [header, *draw(st.lists(SEGMENT, max_size=5))]
