"""Every code of XML and of FHIR's XML form, fired by a real call."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from conformance import xml
from conformance.fhir import from_xml
from conformance.issue import Issue


def _read(inside: str, start: str = '<Patient xmlns="http://hl7.org/fhir">') -> Iterable[Issue]:
    return from_xml.read(f"{start}{inside}</Patient>".encode()).issues


FIRES: dict[str, Callable[[], Iterable[Issue]]] = {
    "XML-0001": lambda: xml.parse(b"<a><b></a>").issues,
    "XML-0002": lambda: xml.parse(b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>').issues,
    "XML-0003": lambda: xml.parse(b"<a>" + b" " * xml.LARGEST + b"</a>").issues,
    "XML-0010": lambda: _read("", start="<Patient>"),
    "XML-0011": lambda: _read('<gender value="male" note="x"/>'),
    "XML-0012": lambda: _read("<gender>male</gender>"),
    "XML-0013": lambda: _read('<gender value="male"/><active value="true"/>'),
    "XML-0015": lambda: (
        from_xml.read(b'<?xml version="1.0" encoding="ISO-8859-1"?><Patient xmlns="http://hl7.org/fhir"/>').issues
    ),
    "XML-0016": lambda: _read('<extension><url value="http://example.org/e"/></extension>'),
    "XML-0014": lambda: _read('<gender value="male"/><gender value="male"/>'),
}
