"""docs/operations.md: its rules are read without a finding, and its tables name what there is."""

from __future__ import annotations

import re
from pathlib import Path

from gateway import states
from gateway.config.plan import plan
from gateway.persons import Nobody
from gateway.pipeline import Prepared, prepare
from gateway.plan import Plan
from gateway.routing.facts import FACTS
from gateway.samples import sample

TEXT = (Path(__file__).parents[3] / "docs" / "operations.md").read_text("utf-8")
HEAD = "tenant: {salt: a long enough salt}\nchannels: {adt: {transport: http, format: hl7v2}}\n"
DESTINATION = "  %s: {type: files, to: {folder: out}, as: fhir}\n"


def planned(folder: Path) -> Plan:
    """The page's rules, with the destinations that they name and a channel."""
    rules = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)[0]
    destinations = "".join(DESTINATION % name for name in ("hub", "plan", "practice"))
    path = folder / "gateway.yaml"
    path.write_text(f"{HEAD}destinations:\n{destinations}{rules}", "utf-8")
    read = plan(path)
    assert [str(one) for one in read.issues] == []
    assert read.value is not None
    return read.value


def test_its_rules_hold_for_what_they_seem_to(tmp_path: Path) -> None:
    """A discharge to home from ward 4W of somebody born in 1958 who lives in 45701."""
    setup = planned(tmp_path)
    prepared = prepare(sample("discharge-a03.hl7"), setup.channels["adt"], setup.work, Nobody())
    assert isinstance(prepared, Prepared)
    assert [one.rule.name for one in prepared.routing.verdicts if one.matched] == ["home", "plan", "ward", "old"]


def test_its_tables_name_every_fact_and_what_deliveries_wait_in() -> None:
    named = re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE)
    assert [fact for fact in FACTS if fact not in named] == []
    seen = TEXT.partition("## When something waits")[2].partition("## What to watch")[0]
    assert {state for state in states.DELIVERY if f"`{state}`" in seen} == {"held", "waiting", "queued", "dead"}
