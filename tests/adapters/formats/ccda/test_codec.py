"""The C-CDA codec: recognised, read, written back byte for byte, and safe against hostile documents."""

from __future__ import annotations

import time

import pytest

from adapters.formats.ccda import FORMAT
from conformance.xml import LARGEST

START = b'<ClinicalDocument xmlns="urn:hl7-org:v3">'
SMALL = (
    b'<?xml version="1.0"?>\n<!-- made up --><ClinicalDocument xmlns="urn:hl7-org:v3">'
    b'<templateId root="2.16.840.1.113883.10.20.22.1.2" extension="2015-08-01"/>\n <id root="1.2.3" extension=" 7 "/>'
    b"<title>A &amp; B</title></ClinicalDocument>\n"
)


@pytest.mark.parametrize(
    "raw", [SMALL, b"\xef\xbb\xbf" + SMALL, b"  " + SMALL.replace(b'<?xml version="1.0"?>\n', b"")]
)
def test_recognised_and_written_as_read(raw: bytes) -> None:
    assert FORMAT.sniff(raw[:4096])
    document = FORMAT.parse(raw).value
    assert document is not None
    assert (document.format, document.version) == ("ccda", "2.1")
    assert FORMAT.render(document).value == raw


@pytest.mark.parametrize(
    "raw", [b"", b"{}", b"MSH|^~\\&|", b"<Patient xmlns='http://hl7.org/fhir'/>", b"ClinicalDocument"]
)
def test_other_formats_are_left_to_others(raw: bytes) -> None:
    assert not FORMAT.sniff(raw)


@pytest.mark.parametrize(
    ("version", "release"),
    [
        ("", "1.1"),
        ("garbage", "1.1"),
        ("2015-08-01", "2.1"),
        ("2023-05-01", "3.0"),
        ("2024-05-01", "4.0"),
        ("2099-01-01", "4.0"),
    ],
)
def test_the_release_is_that_of_the_newest_template(version: str, release: str) -> None:
    raw = SMALL.replace(b"2015-08-01", version.encode())
    document = FORMAT.parse(raw).value
    assert document is not None
    assert document.version == release


def test_values_with_their_places() -> None:
    document = FORMAT.parse(SMALL).value
    assert document is not None
    ((value, place),) = FORMAT.values(document, "id/@extension")
    assert value == "7"
    assert place.path == "/ClinicalDocument/id/@extension"
    assert place.line == 3
    assert [found for found, _ in FORMAT.values(document, "title")] == ["A & B"]


@pytest.mark.parametrize("path", ["", "id/@root/x", "id[", "1id", "id//@root"])
def test_what_is_no_path(path: str) -> None:
    document = FORMAT.parse(SMALL).value
    assert document is not None
    with pytest.raises(ValueError, match=r"."):
        FORMAT.values(document, path)


ENTITY = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'

ATTACKS = {
    "a document type": b'<!DOCTYPE ClinicalDocument SYSTEM "http://example.org/x.dtd">' + SMALL[22:],
    "an entity bomb": ENTITY + START + b"<title>&b;</title></ClinicalDocument>",
    "a file": b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>' + START + b"&f;</ClinicalDocument>",
    "an entity of nobody": START + b"&f;</ClinicalDocument>",
    "deep nesting": START + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</ClinicalDocument>",
    "many elements": START + b"<a/>" * 2_000_001 + b"</ClinicalDocument>",
    "one huge text": START + b"<title>" + b"x" * 50_000_000 + b"</title></ClinicalDocument>",
    "a huge document": b" " * (LARGEST + 1),
    "no end": START + b"<title>",
    "another root": b'<x xmlns="urn:hl7-org:v3"/>',
    "no namespace": b"<ClinicalDocument/>",
    "bytes": b"\x00\xff\xfe\x01",
    "another encoding than it says": b'<?xml version="1.0" encoding="UTF-16"?>' + START + b"</ClinicalDocument>",
}


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_end_in_one_issue_soon(name: str) -> None:
    began = time.process_time()
    result = FORMAT.parse(ATTACKS[name])
    assert result.value is None
    assert len(result.issues) == 1
    assert result.issues[0].severity == "fatal"
    assert time.process_time() - began < 5
