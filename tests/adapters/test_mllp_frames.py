from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.mllp import Frames, FrameTooLargeError, frame

MESSAGE = st.binary(max_size=40).map(lambda raw: raw.replace(b"\x0b", b"").replace(b"\x1c", b""))
NOISE = st.binary(max_size=10).map(lambda raw: raw.replace(b"\x0b", b""))


@settings(max_examples=80)
@given(st.lists(st.tuples(NOISE, MESSAGE), max_size=6), st.lists(st.integers(0, 300), max_size=12))
def test_messages_come_out_whole_however_the_stream_is_cut(sent: list[tuple[bytes, bytes]], cuts: list[int]) -> None:
    stream = b"".join(noise + frame(message) for noise, message in sent)
    marks = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    frames = Frames(limit=1000)
    got = [message for a, b in itertools.pairwise(marks) for message in frames.feed(stream[a:b])]
    assert got == [message for _, message in sent]
    assert not frames.open


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=30), max_size=20))
def test_what_is_held_stays_below_the_limit(chunks: list[bytes]) -> None:
    frames = Frames(limit=64)
    for chunk in chunks:
        try:
            assert all(len(message) <= 64 + 30 for message in frames.feed(chunk))
        except FrameTooLargeError:
            break


def test_a_frame_begun_again_drops_what_came_before() -> None:
    frames = Frames(limit=1000)
    assert frames.feed(b"\x0bcut off\x0bwhole\x1c\r") == [b"whole"]
    assert frames.dropped == 1


def test_a_missing_carriage_return_is_understood_at_the_next_frame() -> None:
    assert Frames(limit=1000).feed(b"\x0bone\x1c\x0btwo\x1c\r") == [b"one", b"two"]


def test_a_separator_inside_a_message_is_part_of_it() -> None:
    assert Frames(limit=1000).feed(b"\x0bone\x1ctwo\x1c\r") == [b"one\x1ctwo"]


def test_a_frame_without_end_is_cut_at_the_limit() -> None:
    frames = Frames(limit=1000)
    frames.feed(b"\x0b" + b"x" * 999)
    with pytest.raises(FrameTooLargeError):
        frames.feed(b"xx")
