"""`demo`: the page that a newcomer sees, and the files that it leaves."""

from __future__ import annotations

import json
import re
from pathlib import Path

from fhir.resources.R4B.bundle import Bundle

from tests.gateway.cli.conftest import Call


def test_the_demo_shows_the_whole_way_and_leaves_its_files(call: Call) -> None:
    made = call("demo", "-o", "out")
    assert made.status == 0, made.out + made.err
    headings = re.findall(r"^(\d)\. .+$", made.out, re.MULTILINE)
    assert headings == ["1", "2", "3", "4", "5"]
    assert "No errors: what a notification must hold is there." in made.out
    assert re.search(r"Condition +Food insecurity", made.out)
    assert re.search(r"\d+ fields: \d+ mapped", made.out)
    bundle, notice = (json.loads(Path("out", name).read_bytes()) for name in ("discharge.json", "notice.json"))
    for one in (bundle, notice):
        Bundle.model_validate(one)
        assert one["type"] == "message"
    assert notice["entry"][0]["resource"]["eventCoding"]["code"] == "notification-discharge"
    ledger = json.loads(Path("out", "ledger.jsonl").read_text())
    assert sum(ledger["counts"].values()) == len(ledger["rows"])


def test_the_demo_twice_gives_the_same(call: Call) -> None:
    first, second = (call("demo", "-o", "out").out for _ in range(2))
    assert first == second
