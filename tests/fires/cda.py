"""Calls that fire the codes of clinical documents, and of XML with too many elements."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from adapters.formats.ccda import FORMAT
from conformance import xml
from conformance.issue import Issue

DOCUMENT = (
    b'<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2.3"/><effectiveTime value="%s"/><component><structuredBody>'
    b"<component><section><title>Odd</title><text>Odd</text>%s</section></component></structuredBody></component>"
    b"</ClinicalDocument>"
)
ODD_ENTRY = b'<entry><act classCode="ACT" moodCode="DEF"><templateId root="1.2.3.4"/></act></entry>'


def _converted(time: bytes, entry: bytes) -> Callable[[], Iterable[Issue]]:
    def issues() -> Iterable[Issue]:
        from gateway import convert

        return convert(DOCUMENT % (time, entry), to="fhir").issues

    return issues


FIRES: dict[str, Callable[[], Iterable[Issue]]] = {
    "XML-0004": lambda: xml.parse(b"<a>" + b"<b/>" * xml.MOST_TAGS + b"</a>").issues,
    "CDA-0001": lambda: FORMAT.parse(b"<ClinicalDocument/>").issues,
    "CDA-0101": _converted(b"20240101", ODD_ENTRY),
    "CDA-0102": _converted(b"2014032124536-0500", b""),
    "CDA-0103": _converted(b"00010101000000+0000", b""),
}


def _spoilt(old: str, new: str) -> Callable[[], Iterable[Issue]]:
    def issues() -> Iterable[Issue]:
        from tests.conformance.ccda.summary import spoilt

        return spoilt(old, new)

    return issues


def _care_plan() -> Iterable[Issue]:
    from tests.conformance.ccda.summary import SUMMARY, findings, template

    return findings(SUMMARY.replace(template("1.2"), template("1.15")).replace('code="8716-3"', 'code="18776-5"'))


FIRES |= {
    "CDA-0201": _spoilt("<title>Summary</title>", ""),
    "CDA-0202": _spoilt('<realmCode code="US"/>', '<realmCode code="US"/><realmCode code="US"/>'),
    "CDA-0203": _spoilt('code="ASSERTION"', 'code="48765-2"'),
    "CDA-0204": _spoilt('<code code="8716-3"', '<code code="10190-7"'),
    "CDA-0205": _care_plan,
    "CDA-0206": _spoilt('value="#p1"', 'value="#p2"'),
    "CDA-0207": _spoilt('<item ID="p1">High</item>', '<item ID="p1">High</item><item ID="p1">Low</item>'),
    "CDA-0208": _spoilt('<id root="1.5.2"/>', '<id root="our system"/>'),
    "CDA-0209": _spoilt("20240301101500-0500", "2024030110150-0500"),
    "CDA-0210": _spoilt('<value xsi:type="PQ"', "<value"),
    "CDA-0211": _spoilt('code="266919005" codeSystem="2.16.840.1.113883.6.96"', 'code="266919005"'),
    "CDA-0212": _spoilt('<realmCode code="US"/>', '<id root="1.2"/><realmCode code="US"/>'),
    "CDA-0213": _spoilt('<languageCode code="en-US"/>', "<language/>"),
    "CDA-0214": _spoilt('<code code="8716-3" codeSystem="2.16.840.1.113883.6.1"/>', ""),
}
