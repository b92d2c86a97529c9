"""Times keep their precision, their clock digits and their offset; what isn't a time of the calendar is left out."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.conversions import REGISTRY
from tests.mappings.conversions.asking import Asking


def forward(name: str, text: str, run: Asking | None = None) -> object:
    return REGISTRY[name].forward(text, run or Asking())


def back(name: str, value: str) -> object:
    backward = REGISTRY[name].backward
    assert backward is not None
    return backward(value, Asking())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024", "2024"),
        ("202403", "2024-03"),
        ("20240317", "2024-03-17"),
        ("20240229", "2024-02-29"),
        ("20000229", "2000-02-29"),
        ("2024031714-0500", "2024-03-17T14:00:00-05:00"),
        ("202403171405-0500", "2024-03-17T14:05:00-05:00"),
        ("20240317140509-0500", "2024-03-17T14:05:09-05:00"),
        ("20240317140509.1234-0500", "2024-03-17T14:05:09.1234-05:00"),
        ("20240317140509+0215", "2024-03-17T14:05:09+02:15"),
        ("20240317140509+05", "2024-03-17T14:05:09+05:00"),
        ("20240317140509Z", "2024-03-17T14:05:09+00:00"),
        ("20240317240000-0500", "2024-03-18T00:00:00-05:00"),
        ("202402282400-0500", "2024-02-29T00:00:00-05:00"),
        ("20241231235960+0000", "2024-12-31T23:59:60+00:00"),
        ("2024-03-17T14:05:09-05:00", "2024-03-17T14:05:09-05:00"),
        (" 20240317 ", "2024-03-17"),
        ("20110613122406637+0200", "2011-06-13T12:24:06.637+02:00"),
    ],
)
def test_a_time_as_sent(text: str, value: str) -> None:
    assert forward("dateTime", text) == value


@pytest.mark.parametrize(
    "text",
    [
        "20240230", "20230229", "19000229", "20241301", "20240100", "0000", "202", "2024031",
        "20240317250000+0000", "202403171460+0000", "20240317140561+0000", "20240317240100+0000", "abc",
        "99991231240000+0000", "20240317.5", "2024031714.5-0500", "٢٠٢٤٠٣١٧", "20240317140509.12x", "1" * 400,
    ],
)  # fmt: skip
def test_what_the_calendar_does_not_have(text: str) -> None:
    assert forward("dateTime", text) is None


def test_a_date_ignores_the_time_of_day_and_never_moves() -> None:
    assert forward("date", "19850101000000+0700") == "1985-01-01"


def test_an_instant_needs_a_time_of_day() -> None:
    assert forward("instant", "20240317") is None
    assert forward("instant", "202403171405-0500") == "2024-03-17T14:05:00-05:00"


def test_a_time_of_day_of_its_own() -> None:
    assert forward("time", "1405") == "14:05:00"
    assert forward("time", "140509.5+0100") == "14:05:09.5"
    assert forward("time", "2400") is None


def test_without_an_offset_the_senders_zone_counts_and_is_said_once() -> None:
    run = Asking(zone="America/New_York", default_zone="Europe/Berlin")
    assert forward("dateTime", "20240117140509", run) == "2024-01-17T14:05:09-05:00"
    assert forward("dateTime", "20240717140509", run) == "2024-07-17T14:05:09-04:00"
    assert run.codes() == ["MAP-0202"]
    assert forward("dateTime", "20240117140509", Asking(default_zone="Europe/Berlin")) == "2024-01-17T14:05:09+01:00"
    assert forward("dateTime", "20240117140509", Asking()) == "2024-01-17T14:05:09+00:00"
    assert forward("dateTime", "20240117140509", Asking(zone="Nowhere/Atall")) == "2024-01-17T14:05:09+00:00"


def test_the_hour_that_came_twice_and_the_hour_that_never_was() -> None:
    run = Asking(zone="America/New_York")
    assert forward("dateTime", "20241103013000", run) == "2024-11-03T01:30:00-04:00"
    assert forward("dateTime", "20240310023000", run) == "2024-03-10T02:30:00-05:00"
    assert run.codes() == ["MAP-0202", "MAP-0203", "MAP-0204"]


@pytest.mark.parametrize("offset", ["+9900", "-1430", "+1401", "+1", "+12345", "+0a00"])
def test_an_offset_that_no_place_has(offset: str) -> None:
    run = Asking()
    assert forward("dateTime", "20240117140509" + offset, run) == "2024-01-17T14:05:09+00:00"
    assert run.codes() == ["MAP-0201", "MAP-0202"]


def test_the_end_of_a_period_from_its_minutes() -> None:
    assert REGISTRY["end-after-minutes"].forward(["202403172350-0500", "20"], Asking()) == "2024-03-18T00:10:00-05:00"
    assert REGISTRY["end-after-minutes"].forward(["20240317", "20"], Asking()) is None
    assert REGISTRY["end-after-minutes"].forward(["202403172350-0500", "x"], Asking()) is None


@given(st.dates(min_value=date(1, 1, 1)))
def test_dates_come_back(day: date) -> None:
    text = f"{day.year:04}{day.month:02}{day.day:02}"
    for precision in (4, 6, 8):
        assert back("date", str(forward("date", text[:precision]))) == text[:precision]


@given(
    st.datetimes(min_value=datetime(1, 1, 1)),
    st.integers(min_value=-14 * 60, max_value=14 * 60),
    st.sampled_from([0, 1, 3, 4]),
)
def test_times_with_an_offset_come_back(moment: datetime, minutes: int, digits: int) -> None:
    fraction = f".{moment.microsecond:06}"[: digits + 1] if digits else ""
    sign = "-" if minutes < 0 else "+"
    text = (
        f"{moment.year:04}{moment.month:02}{moment.day:02}{moment.hour:02}{moment.minute:02}{moment.second:02}"
        f"{fraction}{sign}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
    )
    value = forward("dateTime", text)
    assert isinstance(value, str)
    assert back("dateTime", value) == text
    same = datetime.fromisoformat(value).replace(microsecond=0)
    assert same == moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))


def test_no_more_than_four_digits_of_a_second_go_back() -> None:
    assert back("dateTime", "2020-08-17T19:00:15.888493Z") == "20200817190015.8884+0000"


@given(st.text(max_size=40))
def test_any_text_is_read_or_left_out(text: str) -> None:
    for name in ("date", "dateTime", "instant", "time"):
        value = forward(name, text or "x")
        assert value is None or back(name, str(value)) is not None
