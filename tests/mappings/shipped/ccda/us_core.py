"""A Bundle of our own (`us_core.json`) with what US Core has, about one patient: what a document is made of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Resource = dict[str, Any]

RESOURCES: tuple[Resource, ...] = tuple(json.loads(Path(__file__).with_suffix(".json").read_text("utf-8")))


def of(kind: str, ident: str, /, **members: Any) -> Resource:
    return {"resourceType": kind, "id": ident, **members}


def ref(target: str) -> Resource:
    return {"reference": target}


def bundle(*resources: Resource) -> bytes:
    """The resources, all of them by default, as a Bundle."""
    chosen = resources or RESOURCES
    entries = [
        {"fullUrl": f"http://fhir.example/{each['resourceType']}/{each['id']}", "resource": each} for each in chosen
    ]
    head = {"resourceType": "Bundle", "type": "collection", "timestamp": "2024-02-04T09:00:00-05:00"}
    return json.dumps({**head, "entry": entries}).encode()
