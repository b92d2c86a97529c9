"""Scores the facts of `expected/csv.json`: what any correct reading of the sample tables gives.

    python bench/expected_csv.py [--shared DIR] [--failed] [FOLDER...]

Prints per folder how many of its facts hold, then the totals. Status 1 when a fact fails. The senders' zones, orders of
dates and columns are told as the facts' `_about` tells them.
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
SEVERE = ("warning", "error", "fatal")


def bare(node: Any) -> Any:
    """A copy without the `_` siblings of primitives, over which fhirpathpy stumbles."""
    if isinstance(node, dict):
        return {name: bare(value) for name, value in node.items() if not name.startswith("_")}
    return [bare(value) for value in node] if isinstance(node, list) else node


def true_of(bundle: Any, fact: dict[str, Any]) -> bool:
    """One item that equals the value, or nothing and the value is false."""
    from fhirpathpy import evaluate
    from fhirpathpy.models import models

    for each in (bundle, bare(bundle)):
        try:
            found = evaluate(each, fact["fhirpath"], {}, models["r4"])
        except Exception:  # noqa: BLE001 (fhirpathpy raises what it likes: the fact doesn't hold)
            continue
        if (len(found) == 1 and found[0] == fact["equals"]) or (fact["equals"] is False and found == []):
            return True
    return False


def plain(text: str) -> str:
    return re.sub(r"[\s_]", "", text).casefold()


def reported(read: Any, fact: dict[str, Any]) -> bool:
    """Whether a finding stands where the fact says; for a false one, that no warning or error does."""
    wanted, data = fact["issue"], read.value.root if read.value else None
    kept_out = [each for each in (data.kept_out if data is not None else ()) if _at(each.sheet, each.line, wanted)]
    found = [one for one in read.issues if _place(one.at.source, one.at.line, wanted)]
    if not fact["equals"]:
        return not any(one.severity in SEVERE for one in found)
    column = plain(wanted.get("column", ""))
    if wanted.get("quarantined") and not kept_out:
        return False
    names = {_column(one.at.path) for one in found}
    for table in (data or {}).values():
        for sheet in table.sheets:
            names |= {plain(head.name) for head in sheet.heads if plain(head.header) in names}
    return bool(found) and (not column or column in names or "" in names)


def _column(path: str) -> str:
    match = re.search(r'column [A-Z]+ "(.*)"', path)
    return plain(match.group(1)) if match else ""


def _at(sheet: Any, line: int, wanted: dict[str, Any]) -> bool:
    return _place(sheet.source, line, wanted)


def _place(source: str, line: int | None, wanted: dict[str, Any]) -> bool:
    return Path(source).name == Path(wanted["file"]).name and wanted.get("line") in (None, line)


def told(about: dict[str, Any]) -> dict[str, Any]:
    """What the sender told, as the settings of a source."""
    return {"zone": about["zone"]} if about.get("zone") else {}


def results(shared: Path, names: list[str]) -> Iterator[tuple[str, list[tuple[dict[str, Any], bool]]]]:
    """Folder, and its facts with whether they hold."""
    from adapters.formats.tabular import FORMAT
    from gateway.config import Site
    from gateway.conversion import convert
    from gateway.routing.clearance import cleared
    from gateway.targets import target

    facts = json.loads((shared / "expected" / "csv.json").read_text("utf-8"))
    for name, expected in facts.items():
        if name == "_about" or (names and name not in names):
            continue
        read = FORMAT.read(shared / "samples" / "csv" / name)
        zone = facts["_about"][name].get("zone")
        if read.value is None:
            yield name, [(fact, False) for fact in expected]
            continue
        made = convert(read.value, target("fhir"), Site(default_zone=zone)).document
        bundle = _json(made.root) if made else None
        shared_with_all = cleared(bundle, frozenset()) if bundle else None
        again = convert(made, target("csv", read.value.version), Site()).document if made else None
        written = FORMAT.render(again).value or b"" if again else b""
        yield (
            name,
            [(fact, bundle is not None and _holds(fact, bundle, shared_with_all, read, written)) for fact in expected],
        )


def _holds(fact: dict[str, Any], bundle: Any, shared_with_all: Any, read: Any, written: bytes) -> bool:
    if "issue" in fact:
        return reported(read, fact)
    if "export" in fact:
        return bool(re.search(fact["export"], _text(written)) is not None) == bool(fact["equals"])
    return true_of(shared_with_all if fact.get("on") == "shared" else bundle, fact)


def _text(written: bytes) -> str:
    """A file, or all files of a zip."""
    import io
    import zipfile

    if not written.startswith(b"PK"):
        return written.decode()
    with zipfile.ZipFile(io.BytesIO(written)) as archive:
        return "\n".join(archive.read(name).decode() for name in archive.namelist())


def _json(root: Any) -> Any:
    text = json.dumps(root, default=lambda value: float(value) if isinstance(value, Decimal) else str(value))
    return json.loads(text, parse_float=Decimal)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=SHARED)
    parser.add_argument("--failed", action="store_true", help="print the facts that fail")
    parser.add_argument("folders", nargs="*")
    options = parser.parse_args()
    total = good = 0
    for name, held in results(options.shared, options.folders):
        total += len(held)
        good += sum(result for _, result in held)
        print(f"{name}: {sum(result for _, result in held)} of {len(held)}")
        for fact, result in held:
            if options.failed and not result:
                print(f"    {fact['what']}: {fact.get('fhirpath') or fact.get('issue') or fact.get('export')}")
    print(f"total: {good} of {total} facts")
    return 0 if good == total else 1


if __name__ == "__main__":
    sys.exit(main())
