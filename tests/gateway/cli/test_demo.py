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
    assert headings == ["1", "2", "3", "4", "5", "6"]
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


def test_the_running_gateway_tells_the_hub_of_the_living_and_says_why_not_of_the_dead(call: Call) -> None:
    out = call("demo", "-o", "out").out
    assert re.findall(r"answered +MSA\|(\w+)\|", out) == ["CA", "CA", "CA"]
    assert re.findall(r"hub got +(\S+)", out) == ["notification-admit", "notification-discharge", "nothing,"]
    assert "because outreach: STOP" in out
    assert re.findall(r"delivered +(\d)", out) == ["1"] * 4
