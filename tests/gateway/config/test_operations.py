"""docs/operations.md: its rules are read without a finding, and its tables name what there is."""

from __future__ import annotations

import re
from pathlib import Path

from gateway import states
from gateway.config.plan import plan
from gateway.routing.facts import FACTS

TEXT = (Path(__file__).parents[3] / "docs" / "operations.md").read_text("utf-8")
DESTINATION = "  %s: {type: files, to: {folder: out}, as: fhir}\n"


def test_its_rules_are_rules(tmp_path: Path) -> None:
    rules = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)[0]
    destinations = "".join(DESTINATION % name for name in ("hub", "plan", "practice"))
    path = tmp_path / "gateway.yaml"
    path.write_text(f"tenant: {{salt: a long enough salt}}\ndestinations:\n{destinations}{rules}", "utf-8")
    read = plan(path)
    assert [str(one) for one in read.issues] == []
    assert read.value is not None
    assert [rule.name for rule in read.value.rules][-6:] == ["admission", "home", "plan", "ward", "old", "death"]


def test_its_tables_name_every_fact_and_what_deliveries_wait_in() -> None:
    named = re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE)
    assert [fact for fact in FACTS if fact not in named] == []
    seen = TEXT.partition("## When something waits")[2].partition("## What to watch")[0]
    assert {state for state in states.DELIVERY if f"`{state}`" in seen} == {"held", "waiting", "queued", "dead"}
