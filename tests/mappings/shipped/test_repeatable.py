"""The same bytes whatever the process: no random id, no order of a set, no reference that leads nowhere."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.mappings.any_adt import message
from tests.mappings.shipped.messages import converter, everything

ROOT = Path(__file__).parent.parent.parent.parent
KINDS = (("A01", "ADT_A01", "adt-a01"), ("A40", "ADT_A39", "adt-a39"))
SEEDS = range(4)

PROGRAM = """
import hashlib, json
from adapters.formats.hl7v2 import FORMAT
from tests.mappings.any_adt import message
from tests.mappings.shipped.messages import converter
from tests.mappings.shipped.test_repeatable import KINDS, SEEDS, outcome
digest = hashlib.sha256()
for event, structure, name in KINDS:
    for seed in SEEDS:
        digest.update(outcome(message(seed, event, structure), name))
print(digest.hexdigest())
"""


def outcome(raw: bytes, map_id: str) -> bytes:
    """All that a message becomes, there and back, with issues and ledger, as text."""
    from adapters.formats.hl7v2 import FORMAT

    document = FORMAT.parse(raw).value
    assert document is not None
    made = converter(map_id, "v2", "fhir")(document)
    assert made.document is not None
    back = converter(map_id, "fhir", "v2")(made.document)
    told: list[Any] = [
        made.document.root,
        [(one.code, str(one.at), one.message) for one in (*made.issues, *back.issues)],
        [
            (row.path, row.status, row.targets, row.rule, row.reason)
            for row in (*made.ledger.rows(), *back.ledger.rows())
        ],
    ]
    assert back.document is not None
    return json.dumps(told, default=str).encode() + bytes(back.document.root.raw)


def digest(seed: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return done.stdout.strip()


def test_the_same_in_processes_that_hash_differently() -> None:
    here = hashlib.sha256()
    for event, structure, name in KINDS:
        for seed in SEEDS:
            here.update(outcome(message(seed, event, structure), name))
    assert digest("1") == here.hexdigest()


def test_every_reference_leads_to_an_entry_and_every_id_is_made_of_a_name() -> None:
    from adapters.formats.hl7v2 import FORMAT

    for event, structure, name in KINDS:
        for seed in SEEDS:
            document = FORMAT.parse(message(seed, event, structure)).value
            assert document is not None
            made = converter(name, "v2", "fhir")(document).document
            assert made is not None
            urls = [entry["fullUrl"] for entry in made.root["entry"]]
            assert len(set(urls)) == len(urls)
            assert {url[23] for url in urls} == {"5"}  # the version of the UUID: urn:uuid:xxxxxxxx-xxxx-5
            pointed = [each for each in everything(made.root) if isinstance(each, dict) and "reference" in each]
            assert {each["reference"] for each in pointed} <= set(urls)
