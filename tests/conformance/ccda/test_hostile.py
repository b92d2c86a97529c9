"""Hostile documents end soon, within bounded memory, and in one clear issue where they can't be read."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conformance.ccda.summary import SUMMARY, findings

_TEXT = "<text>Text</text>"
_ID = '<id root="1.5.2"/>'
_ENTITIES = '<!ENTITY e0 "xxxxxxxxxx">' + "".join(f'<!ENTITY e{n} "' + f"&e{n - 1};" * 10 + '">' for n in range(1, 12))

UNREAD = {
    "an external entity": (
        f'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>{SUMMARY}',
        "Summary",
        "&f;",
        "XML-0002",
    ),
    "an entity bomb": (f"<!DOCTYPE x [{_ENTITIES}]>{SUMMARY}", "Summary", "&e11;", "XML-0002"),
    "an external subset": (f'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">{SUMMARY}', "", "", "XML-0002"),
    "deep nesting": (SUMMARY, "Text", "<content>" * 50_000 + "</content>" * 50_000, "XML-0005"),
    "a narrative of 50 MB": (SUMMARY, "Text", "narrative " * 5_000_000, "XML-0005"),
    "a narrative of many cells": (SUMMARY, "Text", f"<table><tr>{'<td>x</td>' * 1_000_000}</tr></table>", "XML-0004"),
    "a huge file in base64": (SUMMARY, "Text", "QUJD" * 11_000_000, "XML-0005"),
    "a huge attribute": (SUMMARY, 'extension="d"', 'extension="' + "9" * 20_000_000 + '"', "XML-0005"),
    "more bytes than anyone has": (SUMMARY, "Text", " " * 70_000_000, "XML-0003"),
}

_RUN = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1_500_000_000, 1_500_000_000))
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
from adapters.formats.ccda import FORMAT
from tests.conformance.ccda.test_hostile import UNREAD
for name, (source, old, new, _) in UNREAD.items():
    result = FORMAT.parse(source.replace(old, new, 1).encode() if old else source.encode())
    print(json.dumps([name, result.value is None, [issue.code for issue in result.issues]]))
"""


def test_what_cannot_be_read_ends_in_one_issue_within_time_and_memory() -> None:
    command = [sys.executable, "-c", _RUN]
    root = Path(__file__).parents[3]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    found = [json.loads(line) for line in run.stdout.splitlines()]
    assert found == [[name, True, [code]] for name, (_, _, _, code) in UNREAD.items()]


READ = {
    "nested as deep as may be": (_TEXT, f"<text>{'<content>' * 240}{'</content>' * 240}</text>"),
    "entries in entries": (
        '<statusCode code="completed"/>',
        '<statusCode code="completed"/>'
        + '<entryRelationship typeCode="COMP"><observation classCode="OBS" moodCode="EVN">' * 115
        + "</observation></entryRelationship>" * 115,
    ),
    "one ID many times": (_TEXT, "<text>" + '<paragraph ID="x"/>' * 20_000 + "</text>"),
    "many references to nothing": ('<reference value="#p1"/>', '<reference value="#p9"/>' * 20_000),
    "a long root": (_ID, '<id root="' + "1." * 1_000_000 + '1"/>'),
    "one template many times": (_ID, '<templateId root="2.16.840.1.113883.10.20.22.4.2"/>' * 20_000 + _ID),
    "many foreign elements": (_ID, _ID + "<foreign/>" * 20_000),
    "a long name of a value": (_ID, '<id root="1.2" nullFlavor="' + "A" * 1_000_000 + '"/>'),
}


@pytest.mark.parametrize("name", READ)
def test_what_can_be_read_is_checked_soon(name: str) -> None:
    began = time.process_time()
    found = findings(SUMMARY.replace(*READ[name], 1))
    assert len(found) <= 10_100
    assert time.process_time() - began < 10
