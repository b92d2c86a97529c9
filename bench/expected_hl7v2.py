"""Scores the facts of `expected/hl7v2.json`: what any correct reading of the sample messages gives.

    python bench/expected_hl7v2.py [--shared DIR] [--failed] [MESSAGE...]

Prints per message how many of its facts hold in the pivot Bundle, then the totals; about a fifth of the facts are
prohibitions that an empty Bundle meets too, so positive ones are counted apart. Status 1 when a fact fails.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SHARED = Path(os.environ.get("SDOH_SHARED", Path(__file__).parent.parent.parent / "shared"))


def bare(node: Any) -> Any:
    """The tree without the `_` siblings of primitives, over which fhirpathpy stumbles."""
    if isinstance(node, dict):
        return {name: bare(value) for name, value in node.items() if not name.startswith("_")}
    return [bare(value) for value in node] if isinstance(node, list) else node


def holds(bundle: Any, fact: dict[str, Any]) -> bool:
    """True when the expression gives exactly the one value, or nothing where the fact says false."""
    from fhirpathpy import evaluate
    from fhirpathpy.models import models

    for tree in (bundle, bare(bundle)):
        try:
            found = evaluate(tree, fact["fhirpath"], {}, models["r4"])
        except Exception:  # noqa: BLE001 (fhirpathpy raises what it likes; the other tree is tried)
            continue
        if (len(found) == 1 and found[0] == fact["equals"]) or (fact["equals"] is False and found == []):
            return True
    return False


def bundles(shared: Path, names: list[str]) -> Iterator[tuple[str, Any, list[dict[str, Any]]]]:
    """Message, pivot Bundle (None when there is none) and facts."""
    from gateway import convert

    facts = json.loads((shared / "expected" / "hl7v2.json").read_text("utf-8"))
    for name, expected in facts.items():
        if not names or any(part in name for part in names):
            made = convert(shared / "samples" / name, to="fhir")
            yield name, json.loads(json.dumps(made.value, default=float)), expected


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=SHARED)
    parser.add_argument("--failed", action="store_true", help="print the facts that fail")
    parser.add_argument("messages", nargs="*")
    options = parser.parse_args()
    total = good = positive = good_positive = 0
    for name, bundle, facts in bundles(options.shared, options.messages):
        results = [bundle is not None and holds(bundle, fact) for fact in facts]
        total += len(facts)
        good += sum(results)
        positive += sum(fact["equals"] is not False for fact in facts)
        good_positive += sum(held for fact, held in zip(facts, results, strict=True) if fact["equals"] is not False)
        print(f"{name}: {sum(results)} of {len(facts)}")
        for fact, held in zip(facts, results, strict=True):
            if options.failed and not held:
                print(f"    {fact['fhirpath']} = {fact['equals']}  ({fact['why']})")
    print(f"total: {good} of {total} facts, {good_positive} of {positive} positive ones")
    return 0 if good == total else 1


if __name__ == "__main__":
    sys.exit(main())
