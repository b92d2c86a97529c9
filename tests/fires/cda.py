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
    "XML-0005": lambda: xml.parse(b"<a>" * 300 + b"</a>" * 300).issues,
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


def _fault(name: str) -> Callable[[], Iterable[Issue]]:
    """A fault of `tests.conformance.ccda.faults`, put into the summary."""

    def issues() -> Iterable[Issue]:
        from tests.conformance.ccda.faults import ENTRIES, HEADER
        from tests.conformance.ccda.summary import spoilt

        return spoilt(*{**HEADER, **ENTRIES}[name][:2])

    return issues


_BY_FAULT = {
    "CDA-0201": "no title",
    "CDA-0202": "two realms",
    "CDA-0203": "an allergy code",
    "CDA-0206": "a reference to nothing",
    "CDA-0207": "an id twice",
    "CDA-0208": "a root of words",
    "CDA-0209": "a malformed document time",
    "CDA-0210": "a value without a type",
    "CDA-0211": "a code without its system",
    "CDA-0212": "title before code",
    "CDA-0213": "an element of nobody",
    "CDA-0214": "a section without a code",
    "CDA-0215": "a participant of no role",
    "CDA-0216": "two document ids",
    "CDA-0217": "an attribute of nobody",
    "CDA-0218": "a dose of words",
    "CDA-0219": "a type of nobody",
    "CDA-0220": "text beside elements",
    "CDA-0221": "a problem that is text",
    "CDA-0223": "a medicine of no template",
    "CDA-0224": "a unit that UCUM doesn't have",
    "CDA-0227": "no city",
    "CDA-0228": "an id that is none",
    "CDA-0229": "markup of the web",
    "CDA-0230": "a reference without its mark",
    "CDA-0231": "a reference to no entry",
    "CDA-0233": "the concern's template on the observation",
}

FIRES |= {code: _fault(name) for code, name in _BY_FAULT.items()}
FIRES |= {
    "CDA-0204": _spoilt('<code code="8716-3"', '<code code="10190-7"'),
    "CDA-0205": _care_plan,
    "CDA-0235": _spoilt('<low value="20230101"/>', '<low value="20240302"/>'),
    "CDA-0234": _spoilt("<text>Text</text>", "<text>" + '<paragraph ID="x"/>' * 10_002 + "</text>"),
    "CDA-0222": _spoilt('root="2.16.840.1.113883.10.20.22.1.1"', 'root="2.16.840.1.113883.10.20.22.1.99"'),
    "CDA-0225": _spoilt("<title>Summary</title>", "<title>Summary</title>"),
    "CDA-0226": _spoilt("<title>Summary</title>", "<title>Summary</title>"),
    "CDA-0232": _spoilt("<title>Summary</title>", "<title>Summary</title>"),
}


def _refused() -> Iterable[Issue]:
    """What a schema says of a document with another realm."""
    from conformance.ccda.referee import Schema, judged
    from tests.conformance.ccda.test_referee import SPOILT, XSD

    document = FORMAT.parse(SPOILT.encode()).value
    assert document is not None
    return judged(document.root.element, (), [Schema(XSD)])


def _asserted() -> Iterable[Issue]:
    """What a Schematron's stylesheet has written, read."""
    from conformance.ccda.referee import failures
    from conformance.ccda.schematron import translate
    from tests.conformance.ccda.test_referee import SCHEMATRON, SPOILT

    document = FORMAT.parse(SPOILT.encode()).value
    assert document is not None
    written = "1\t/ClinicalDocument/id\n4?\t/ClinicalDocument/languageCode\n"
    return failures("small.sch", translate(SCHEMATRON).assertions, written, document.root.element)


FIRES |= {"CDA-0301": _refused, "CDA-0302": _asserted, "CDA-0303": _asserted, "CDA-0304": _refused}
