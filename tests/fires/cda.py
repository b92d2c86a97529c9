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
