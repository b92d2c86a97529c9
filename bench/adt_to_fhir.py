"""`python bench/adt_to_fhir.py [SHARED]`: ADT to FHIR on one core, beside hl7v2-fhir-bridge.

Both convert the same bytes, in turn, in one run; CPU seconds, pinned to one core, warm, minimum and median of rounds.
The bridge is installed into `bench/.venv` and runs there as a process that answers rounds. Three sets: full ADTs of
`adt_messages.py`, the same with none but the segments that both map, and the shared samples that both accept. Writes
`bench/results.md`.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from adapters.formats.fhir import FORMAT as FHIR
from adapters.formats.fhir.syntax import SYNTAX as FHIR_SYNTAX
from adapters.formats.hl7v2 import FORMAT as HL7V2
from adapters.formats.hl7v2.syntax import SYNTAX as V2_SYNTAX
from bench.adt_messages import messages
from conformance.document import Document
from conformance.profile import check, load
from mappings.catalog import Catalog
from mappings.conversions import REGISTRY
from mappings.convert import Conversion, Converter
from mappings.notes import SKIP, TOOK

HERE = Path(__file__).parent
BRIDGE = "hl7v2-fhir-bridge==0.1.0"
ROUNDS = 5
FULL = 240
STRUCTURES = ("ADT_A01", "ADT_A03", "ADT_A39")
"""Those of the events that the bridge knows, and A03's."""
BOTH = (b"MSH", b"EVN", b"PID", b"PV1")
"""What the bridge makes something of."""
CHECKED = "hl7v2-fhir-bridge, JSON written, checked by its models"
"""As it runs unless told otherwise."""
SYNTAXES: dict[str, Any] = {"v2": V2_SYNTAX, "fhir": FHIR_SYNTAX}

PEER = """
import base64, json, sys, time
from v2fhir.config import default_config_path, load_config
from v2fhir.convert import convert
from v2fhir.hl7.parser import parse_bytes
from v2fhir.validate import validate_bundle
config = load_config(default_config_path(), {})
def leaves(node):
    if isinstance(node, dict): return sum(map(leaves, node.values()))
    return sum(map(leaves, node)) if isinstance(node, list) else 1
def sizes(raw):
    try: bundle = convert(parse_bytes(raw), config).bundle
    except Exception: return None
    return [len(bundle["entry"]), leaves(bundle)]
for line in sys.stdin:
    asked = json.loads(line)
    raws = [base64.b64decode(each) for each in asked["raws"]] if "raws" in asked else raws
    if "raws" in asked: answer = [sizes(raw) for raw in raws]
    else:
        start = time.process_time()
        for raw in raws:
            bundle = convert(parse_bytes(raw), config).bundle
            if asked["check"]: validate_bundle(bundle)
            if asked["output"]: json.dumps(bundle)
        answer = time.process_time() - start
    print("#" + json.dumps(answer), flush=True)
"""


class Bridge:
    """hl7v2-fhir-bridge in a process of its own."""

    def __init__(self) -> None:
        folder = HERE / ".venv"
        if not (folder / "bin" / "v2fhir").exists():
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
            subprocess.run([str(folder / "bin" / "pip"), "install", "--quiet", BRIDGE], check=True)
        command = [str(folder / "bin" / "python"), "-W", "ignore", "-c", PEER]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **words: Any) -> Any:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(words) + "\n")
        self.process.stdin.flush()
        for answer in self.process.stdout:
            if answer.startswith("#"):
                return json.loads(answer[1:])
        raise RuntimeError("hl7v2-fhir-bridge ended")

    def sizes(self, raws: list[bytes]) -> list[list[int] | None]:
        """Gives it the messages: entries and elements that it makes of each; None of those that it refuses."""
        found: list[list[int] | None] = self.ask(raws=[b64encode(raw).decode() for raw in raws])
        return found

    def round(self, *, output: bool, check: bool = False) -> float:
        return float(self.ask(output=output, check=check))

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


class Ours:
    """This project: the shipped maps, with every rule. Without `ledger` the notes that only a ledger needs (a rule left
    out, a case taken) are taken out of what was compiled."""

    def __init__(self, *, ledger: bool = True) -> None:
        catalog = Catalog()
        self.by_structure: dict[str, Converter] = {}
        for structure in STRUCTURES:
            map_id = catalog.find("v2", "fhir", structure) or ""
            found = catalog.converter(map_id, "v2", "fhir", SYNTAXES.__getitem__)
            assert found is not None
            self.by_structure[structure] = found if ledger else _silent(found)

    def convert(self, raw: bytes) -> Conversion:
        return self.converted(read(raw))

    def converted(self, document: Document) -> Conversion:
        return self.by_structure[document.root.structure](document)

    def bundle(self, document: Document) -> Document:
        made = self.converted(document).document
        assert made is not None
        return made

    def sizes(self, raw: bytes) -> list[int] | None:
        """Entries and elements made of a message; None where no map serves it."""
        document = HL7V2.parse(raw).value
        if document is None or document.root.structure not in self.by_structure:
            return None
        root = self.bundle(document).root
        return [len(root.get("entry", ())), leaves(root)]


def read(raw: bytes) -> Document:
    document = HL7V2.parse(raw).value
    assert document is not None
    return document


def _silent(converter: Converter) -> Converter:
    compiled = converter._compiled
    sources = {name: _NOTE.sub("pass", source) for name, source in compiled.sources.items()}
    silent = replace(compiled, sources=sources)
    return Converter(converter.map_id, V2_SYNTAX, FHIR_SYNTAX, "Bundle", silent, REGISTRY)


_NOTE = re.compile(rf"N\.append\(\((?:{SKIP}|{TOOK}), .*\)\)$", re.MULTILINE)


def leaves(node: Any) -> int:
    """How many primitive values a tree holds."""
    if isinstance(node, dict):
        return sum(map(leaves, node.values()))
    return sum(map(leaves, node)) if isinstance(node, list) else 1


def checked(ours: Ours) -> Callable[[bytes], Any]:
    """Conversion with the rules of CMS for the message before it and of the notification's profile after it."""
    profile = load("adt-cms-enotification").value
    assert profile is not None

    def run(raw: bytes) -> None:
        document = read(raw)
        check(profile, document, HL7V2)
        FHIR.render(ours.bundle(document))

    return run


def variants(ours: Ours, off: Ours) -> dict[str, Callable[[bytes], Any]]:
    return {
        "ledger on": ours.convert,
        "ledger on, issues and rows read": lambda raw: (made := ours.convert(raw)).issues and made.ledger.rows(),
        "ledger off": off.convert,
        "ledger on, JSON written": lambda raw: FHIR.render(ours.bundle(read(raw))),
        "ledger on, JSON written, message checked by `adt-cms-enotification`": checked(ours),
    }


def seconds(run: Callable[[bytes], Any], raws: list[bytes]) -> float:
    start = time.process_time()
    for raw in raws:
        run(raw)
    return time.process_time() - start


def measure(raws: list[bytes], ours: dict[str, Callable[[bytes], Any]], bridge: Bridge) -> dict[str, list[float]]:
    """Seconds of each round by what was run, all in turn."""
    runs: dict[str, Callable[[], float]] = {
        "hl7v2-fhir-bridge": lambda: bridge.round(output=False),
        "hl7v2-fhir-bridge, JSON written": lambda: bridge.round(output=True),
        CHECKED: lambda: bridge.round(output=True, check=True),
        **{name: (lambda run=run: seconds(run, raws)) for name, run in ours.items()},  # type: ignore[misc]
    }
    bridge.sizes(raws)
    for run in runs.values():
        run()
    found: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            found[name].append(run())
    return found


def table(title: str, raws: list[bytes], ours: Ours, bridge: Bridge, found: dict[str, list[float]]) -> list[str]:
    count = len(raws)
    own = [size for raw in raws if (size := ours.sizes(raw)) is not None]
    theirs = [size for size in bridge.sizes(raws) if size is not None]
    lines = [
        f"## {title}", "",
        f"{count} messages of {sum(map(len, raws)) // count} bytes in the mean. Made of each in the mean: "
        f"{_mean(own, 0)} entries with {_mean(own, 1)} elements here, {_mean(theirs, 0)} entries with "
        f"{_mean(theirs, 1)} elements by the bridge.", "",
        "| | messages/s | elements/s | µs, median | µs, minimum | x bridge, median | x bridge, minimum |",
        "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for name, rounds in found.items():
        theirs_run = name.startswith("hl7v2")
        rival = found["hl7v2-fhir-bridge, JSON written" if "JSON" in name else "hl7v2-fhir-bridge"]
        elements = sum(size[1] for size in (theirs if theirs_run else own))
        middle, least = median(rounds), min(rounds)
        lines.append(
            f"| {name} | {count / middle:,.0f} | {elements / middle:,.0f} | {middle / count * 1e6:.0f} "
            f"| {least / count * 1e6:.0f} | {median(rival) / middle:.2f} | {min(rival) / least:.2f} |"
        )
    own_check = next(rounds for name, rounds in found.items() if "message checked" in name)
    return [*lines, "", f"Checked with checked: {median(found[CHECKED]) / median(own_check):.2f} x bridge.", ""]


def _mean(sizes: list[list[int]], place: int) -> int:
    return round(sum(size[place] for size in sizes) / len(sizes))


def cut(raw: bytes) -> bytes:
    return b"".join(line + b"\r" for line in raw.splitlines() if line[:3] in BOTH)


def samples(folder: Path, ours: Ours, bridge: Bridge) -> list[bytes]:
    """The shared messages that both sides convert."""
    raws = [path.read_bytes() for path in sorted((folder / "samples" / "hl7v2").glob("*.hl7"))]
    theirs = bridge.sizes(raws) if raws else []
    return [raw for raw, size in zip(raws, theirs, strict=True) if size is not None and ours.sizes(raw) is not None]


def machine() -> str:
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    name = names[0].partition(": ")[2] if names else platform.processor()
    return f"{name}, one core of {os.cpu_count()}, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}"


def main(arguments: list[str]) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    shared = Path(next(iter(arguments), HERE.parent.parent / "shared"))
    ours, off, bridge = Ours(), Ours(ledger=False), Bridge()
    full = list(messages(FULL))
    sets = {
        "Generated full ADTs (16 segments)": full,
        "The same, cut down to the segments that both map (MSH, EVN, PID, PV1)": [cut(raw) for raw in full],
    }
    if taken := samples(shared, ours, bridge):
        sets["Shared samples that both accept"] = taken
    lines = ["# ADT to FHIR, beside hl7v2-fhir-bridge 0.1.0", "", f"{machine()}. Written by `make bench`.", ""]
    lines += [
        f"CPU time of whole conversions from bytes, {ROUNDS} rounds in turn, warm. `x bridge` compares with the bridge "
        "in the same run, JSON with JSON. Its own check are fhir.resources' models and value sets; ours before the "
        "conversion are the rules of `adt-cms-enotification`; absolute figures of a shared machine mean little.", "",
    ]  # fmt: skip
    for title, raws in sets.items():
        lines += table(title, raws, ours, bridge, measure(raws, variants(ours, off), bridge))
    bridge.close()
    text = "\n".join(lines)
    (HERE / "results.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main(sys.argv[1:])
