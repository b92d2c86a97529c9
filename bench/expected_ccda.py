"""Scores the facts of `expected/ccda.json`: what any correct reading of the sample documents gives.

    python bench/expected_ccda.py [--shared DIR] [--failed] [DOCUMENT...]

Prints per document how many of its facts hold, then the totals. Fragments are wrapped into a minimal CCD first, as the
README of the facts says. Status 1 when a fact fails.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

SHARED = Path(os.environ.get("SDOH_SHARED", Path(__file__).parent.parent.parent / "shared"))

_HEAD = """<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<realmCode code="US"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
<templateId root="2.16.840.1.113883.10.20.22.1.2" extension="2015-08-01"/>
<id root="2.16.840.1.113883.19.77" extension="wrapped"/>
<code code="34133-9" codeSystem="2.16.840.1.113883.6.1"/><title>Wrapped</title>
<effectiveTime value="20240101120000+0000"/><confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/>
<recordTarget><patientRole><id root="2.16.840.1.113883.19.78" extension="P1"/>
<patient><name><given>Test</given><family>Wrapped</family></name>
<administrativeGenderCode code="F" codeSystem="2.16.840.1.113883.5.1"/><birthTime value="1970"/></patient>
</patientRole></recordTarget>
<author><time value="20240101"/><assignedAuthor><id root="2.16.840.1.113883.4.6" extension="1234567893"/>
<assignedPerson><name><given>Header</given><family>Author</family></name></assignedPerson></assignedAuthor></author>
<custodian><assignedCustodian><representedCustodianOrganization>
<id root="2.16.840.1.113883.19.79"/><name>Keeper</name>
</representedCustodianOrganization></assignedCustodian></custodian>
"""

_SECTION = """<component><section><code code="{code}" codeSystem="2.16.840.1.113883.6.1"/><title>Wrapped</title>
<text>Wrapped</text>{body}</section></component>"""


def wrapped(raw: str, name: str) -> str:
    """A fragment in a document of its own."""
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", raw)
    bare = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL).strip()
    first = re.match(r"<([A-Za-z]+)", bare)
    kind = first.group(1) if first else ""
    if kind == "ClinicalDocument":
        body = bare[bare.index(">") + 1 : bare.rindex("</ClinicalDocument")]
        return f"{_HEAD}{body}</ClinicalDocument>"
    if kind == "section":
        body = f"<component>{text}</component>"
    elif kind == "component":
        body = text
    else:
        entry = text if kind == "entry" else f"<entry>{text}</entry>"
        body = _SECTION.format(code="29762-2", body=entry)
    return f"{_HEAD}<component><structuredBody>{body}</structuredBody></component></ClinicalDocument>"


def holds(bundle: Any, fact: dict[str, Any]) -> bool:
    """One item equals or prints as the value; none is None."""
    from fhirpathpy import evaluate
    from fhirpathpy.models import models

    try:
        found = evaluate(bundle, fact["fhirpath"], {}, models["r4"])
    except Exception:  # noqa: BLE001 (fhirpathpy raises what it likes: the fact doesn't hold)
        return False
    value = found[0] if len(found) == 1 else found or None
    return value == fact["equals"] or str(value) == str(fact["equals"])


def bundles(shared: Path, names: list[str]) -> Iterator[tuple[str, Any, list[dict[str, Any]]]]:
    """Document, pivot Bundle (None when there is none) and facts."""
    from gateway import convert

    facts = json.loads((shared / "expected" / "ccda.json").read_text("utf-8"))
    for name, expected in facts.items():
        if not isinstance(expected, list) or (names and not any(part in name for part in names)):
            continue
        path = shared / "samples" / name
        source = wrapped(path.read_text("utf-8-sig"), name) if "fragments" in name else path.read_bytes()
        made = convert(source, to="fhir")
        text = json.dumps(made.value, default=lambda value: value if isinstance(value, str) else float(value))
        yield name, json.loads(text, parse_float=Decimal) if made.value else None, expected


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=SHARED)
    parser.add_argument("--failed", action="store_true", help="print the facts that fail")
    parser.add_argument("documents", nargs="*")
    options = parser.parse_args()
    total = good = 0
    for name, bundle, facts in bundles(options.shared, options.documents):
        results = [bundle is not None and holds(bundle, fact) for fact in facts]
        total += len(facts)
        good += sum(results)
        print(f"{name}: {sum(results)} of {len(facts)}{'' if bundle else ' (not converted)'}")
        for fact, held in zip(facts, results, strict=True):
            if options.failed and not held:
                print(f"    {fact['fhirpath']} = {fact['equals']}  ({fact['why']})")
    print(f"total: {good} of {total} facts")
    return 0 if good == total else 1


if __name__ == "__main__":
    sys.exit(main())
