"""Who each resource of a Bundle is about: named by itself, or by what it refers to, however long the way."""

from __future__ import annotations

from typing import Any

from gateway.people import People

LONG = 20_000


def _entry(kind: str, name: str, *to: str) -> dict[str, Any]:
    refers = [{"reference": other} for other in to]
    return {"fullUrl": name, "resource": {"resourceType": kind, "id": name, **({"refers": refers} if to else {})}}


def test_what_names_nobody_is_about_whom_it_leads_to() -> None:
    bundle = People(
        {
            "entry": [
                _entry("Patient", "ann"),
                _entry("Patient", "bo"),
                _entry("Provenance", "why", "task"),
                _entry("Task", "task", "need", "offer"),
                _entry("Condition", "need", "ann"),
                _entry("ServiceRequest", "offer", "bo"),
                _entry("Organization", "hub"),
                _entry("Group", "loop", "hub", "again"),
                _entry("List", "again", "loop"),
            ]
        }
    )
    assert bundle.about == [
        frozenset(people) for people in ({0}, {1}, {0, 1}, {0, 1}, {0}, {1}, (), (), ())
    ]  # fmt: skip


def test_a_long_way_is_gone_once() -> None:
    """Referrers before what they refer to: found in passes over all, this would take hours."""
    chain = [_entry("List", f"l{at}", f"l{at + 1}") for at in range(LONG)]
    bundle = People({"entry": [*chain, _entry("List", f"l{LONG}", "ann"), _entry("Patient", "ann")]})
    assert set(bundle.about) == {frozenset({LONG + 1})}
