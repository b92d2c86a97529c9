"""Calls that fire the codes of checking HL7 v2 against its version, V2-01xx."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from adapters.formats.hl7v2 import FORMAT
from conformance.issue import Issue

GOOD = (
    "MSH|^~\\&|A|B|||20240317||ADT^A01^ADT_A01|1|P|2.5.1\rEVN||20240317\r"
    "PID|1||7^^^B^MR||Miller^Anne||19800229|F\rPV1|1|I\r"
)


def _check(text: str) -> Callable[[], Iterable[Issue]]:
    def found() -> Iterable[Issue]:
        document = FORMAT.parse(text.encode()).value
        return FORMAT.check(document) if document else ()

    return found


def _with(old: str, new: str) -> Callable[[], Iterable[Issue]]:
    return _check(GOOD.replace(old, new))


FIRES: dict[str, Callable[[], Iterable[Issue]]] = {
    "V2-0100": _with("|2.5.1", "|9.9"),
    "V2-0101": _with("|2.5.1", "|2.9"),
    "V2-0102": _with("ADT^A01^ADT_A01", "ADT^A99"),
    "V2-0103": _with("ADT_A01", "ADT_A03"),
    "V2-0104": _with("EVN|", "EVN|A08"),
    "V2-0105": _with("ADT^A01^ADT_A01", "XYZ^X01"),
    "V2-0110": _with("PV1|1|I\r", ""),
    "V2-0111": _with("7^^^B^MR", ""),
    "V2-0112": _check(GOOD + "PD1|||x\r"),
    "V2-0113": _check(GOOD + "PV2|||x\rPV2|||y\r"),
    "V2-0114": _check(GOOD + "PRB|AD|20240317|x|x\r"),
    "V2-0115": _check(GOOD + "QQ7|1\r"),
    "V2-0116": _with("19800229", "19800229~19800301"),
    "V2-0117": _check(GOOD + "PV2" + "|" * 60 + "x\r"),
    "V2-0118": _with("|F\r", "|F^Female\r"),
    "V2-0119": _check(GOOD + "NTE|1|P|Smith & Sons\rOBX|1|ST|1^x^LN||a & b||||||F\r"),
    "V2-0120": _check(GOOD.replace("|2.5.1", "|2.8").replace("PID|1|", "PID|1|8")),
    "V2-0121": _with("19800229", "19800231"),
    "V2-0122": _check(GOOD + "OBX|1|NM|1^x^LN||12,5||||||F\r"),
    "V2-0123": _with("PID|1|", "PID|A|"),
    "V2-0125": _check(GOOD.replace("|2.5.1", "|2.8").replace("^^^B^MR", "^^^B")),
    "V2-0124": _with("|P|", "|X|"),
}
