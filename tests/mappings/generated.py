"""Generated ADT messages: populated at random, with repetitions, nulls, escapes, Z segments, any alphabet."""

from __future__ import annotations

from hypothesis import strategies as st

from adapters.formats.hl7v2.escapes import encode
from tests.mappings.small import seg

TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="\u0085"),
    min_size=1,
    max_size=8,
).map(str.strip).filter(bool).map(encode)  # fmt: skip
WORD = st.sampled_from(
    ["A", "F", "M", "MR", "SS", "H", "PRN", "PH", "NPI", "2106-3", "CDCREC", "I10", "Z59.0", "L", "Y", "N", "1", "2.5"]
)
TIME = st.sampled_from(["20240317", "202403171405", "20240317140500-0500", "1980", "198002", "20241345", "19800203"])
LEAF = st.one_of(WORD, TEXT, TIME, st.just('""'))
COMPONENT = st.lists(st.one_of(st.just(""), LEAF), min_size=1, max_size=3).map("&".join)
ITEM = st.lists(st.one_of(st.just(""), COMPONENT), min_size=1, max_size=14).map("^".join)
FIELD = st.lists(ITEM, min_size=1, max_size=3).map("~".join)

SEGMENTS = ("PID", "PD1", "NK1", "PV1", "PV2", "DG1", "AL1", "OBX", "IN1", "IN2", "ROL", "EVN", "ZPH")


@st.composite
def segment(draw: st.DrawFn, name: str) -> str:
    fields = draw(st.dictionaries(st.integers(1, 50), st.one_of(LEAF, FIELD), max_size=10))
    return seg(name, fields)


@st.composite
def segments(draw: st.DrawFn) -> list[str]:
    """Segments of an ADT in some order that senders use, PID first."""
    names = draw(st.lists(st.sampled_from(SEGMENTS), max_size=8))
    return [draw(segment(name)) for name in ("PID", *names)]
