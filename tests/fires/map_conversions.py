"""Calls that fire MAP-02xx, what named conversions say while the shipped maps use them, and what isn't written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from conformance.issue import Issue
from tests.mappings.shipped.messages import adt, back, forward

_PID = "PID|1||4711^^^GH^MR"


def _said(*segments: str, zone: str = "") -> Iterable[Issue]:
    return forward(adt(*segments), zone=zone).issues


def _asked(*segments: str, target: str) -> Iterable[Issue]:
    made = forward(adt(*segments)).document
    assert made is not None
    return back(made, target=target).issues


FIRES: dict[str, Callable[[], Iterable[Issue]]] = {
    "MAP-0110": partial(_asked, _PID, "ROL|1|AD|PP^^HL70443|7^Stone", target="ADT_A01@2.3.1"),
    "MAP-0201": partial(_said, _PID + "||||20240317140500+9900"),
    "MAP-0202": partial(_said, _PID + "||||20240317140500"),
    "MAP-0203": partial(_said, _PID + "||||20241103013000", zone="America/New_York"),
    "MAP-0204": partial(_said, _PID + "||||20240310023000", zone="America/New_York"),
    "MAP-0205": partial(_said, _PID, "DG1|1||X1^Something^99LOCAL"),
    "MAP-0206": partial(_said, _PID, "PV1|1|I" + "|" * 42 + "20240301"),
    "MAP-0208": partial(_said, _PID, "PV1|1|I" + "|" * 42 + "20240302|20240301"),
    "MAP-0209": partial(_said, _PID, "OBX|1|NM|8867-4^^LN||not done"),
    "MAP-0212": partial(_said, _PID + "|" * 16 + "XXX-XX-1234"),
    "MAP-0211": partial(_said, "PID|1||4711^^^MR"),
    "MAP-0207": partial(_said, _PID, "PV1|1|I|||||1234567890^Stone^^^^^^^NPI"),
}
