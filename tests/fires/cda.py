"""Calls that fire the codes of clinical documents, and of XML with too many elements."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from adapters.formats.ccda import FORMAT
from conformance import xml
from conformance.issue import Issue

ODD_ENTRY = (
    b'<ClinicalDocument xmlns="urn:hl7-org:v3"><id root="1.2.3"/><component><structuredBody><component><section>'
    b'<title>Odd</title><text>Odd</text><entry><act classCode="ACT" moodCode="DEF"><templateId root="1.2.3.4"/></act>'
    b"</entry></section></component></structuredBody></component></ClinicalDocument>"
)


def _unknown_template() -> Iterable[Issue]:
    from gateway import convert

    return convert(ODD_ENTRY, to="fhir").issues


FIRES: dict[str, Callable[[], Iterable[Issue]]] = {
    "XML-0004": lambda: xml.parse(b"<a>" + b"<b/>" * xml.MOST_TAGS + b"</a>").issues,
    "CDA-0001": lambda: FORMAT.parse(b"<ClinicalDocument/>").issues,
    "CDA-0101": _unknown_template,
}
