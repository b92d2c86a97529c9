"""`python bench/ccda.py [SHARED]`: C-CDA to FHIR beside ccda-to-fhir (PyPI) and @medplum/ccda (npm), and checking.

Each peer gets the same documents in the same run, in turn with ours and with lxml's bare parse; compared is what it
converts without an exception. CPU seconds, pinned to one core, warm, minimum of rounds. The peers are installed into
`bench/.venv-ccda` and `bench/.node-ccda` and run there as processes. Writes `bench/ccda.md`.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lxml import etree

from adapters.formats.ccda import FORMAT as CCDA
from adapters.formats.ccda.syntax import SYNTAX as CCDA_SYNTAX
from adapters.formats.fhir.syntax import SYNTAX as FHIR_SYNTAX
from mappings.catalog import Catalog
from mappings.convert import Converter

HERE = Path(__file__).parent
PYTHON_PEER, NODE_PEER = "ccda-to-fhir==0.3", "@medplum/ccda@5.1.10"
ROUNDS = 24
CHECKED = (60_000, 200_000)
"""Bytes of the documents that checking is measured on."""

PYTHON = """
import json, logging, sys, time
logging.disable(logging.CRITICAL)
from ccda_to_fhir import convert_document
def entries(text):
    try: return len(convert_document(text)["bundle"]["entry"])
    except Exception: return None
for line in sys.stdin:
    asked = json.loads(line)
    if "texts" in asked: texts = asked["texts"]; answer = [entries(text) for text in texts]
    else:
        start = time.process_time()
        for place in asked["places"]: convert_document(texts[place])
        answer = time.process_time() - start
    print("#" + json.dumps(answer), flush=True)
"""
NODE = """
globalThis.WebSocket ??= class extends EventTarget {};  // what Node before 22 lacks and the library asks for
const {convertXmlToCcda, convertCcdaToFhir} = require('@medplum/ccda');
const convert = text => convertCcdaToFhir(convertXmlToCcda(text));
let texts = [];
require('readline').createInterface({input: process.stdin}).on('line', line => {
  const asked = JSON.parse(line);
  let answer;
  if (asked.texts) {
    texts = asked.texts;
    answer = texts.map(text => { try { return convert(text).entry.length } catch (e) { return null } });
  } else {
    const start = process.cpuUsage();
    for (const place of asked.places) convert(texts[place]);
    const used = process.cpuUsage(start);
    answer = (used.user + used.system) / 1e6;
  }
  console.log('#' + JSON.stringify(answer));
});
"""


def python_peer() -> list[str]:
    """The command of ccda-to-fhir, installed when it isn't there."""
    folder = HERE / ".venv-ccda"
    if not (folder / "done").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(folder / "bin" / "pip"), "install", "--quiet", PYTHON_PEER], check=True)
        (folder / "done").touch()
    return [str(folder / "bin" / "python"), "-W", "ignore", "-c", PYTHON]


def node_peer() -> list[str]:
    folder = HERE / ".node-ccda"
    if not (folder / "done").exists():
        folder.mkdir(exist_ok=True)
        (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")
        subprocess.run(["npm", "install", "--silent", "--no-audit", NODE_PEER], cwd=folder, check=True)
        (folder / "done").touch()
    (folder / "peer.cjs").write_text(NODE, encoding="utf-8")
    return ["node", str(folder / "peer.cjs")]


class Peer:
    """Another converter, in a process of its own that answers a line for a line."""

    def __init__(self, name: str, command: list[str], texts: list[str]) -> None:
        self.name = name
        own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=own, text=True
        )
        made: list[int | None] = self._ask(texts=texts)
        self.places = [place for place, entries in enumerate(made) if entries is not None]
        self.entries = sum(entries or 0 for entries in made)

    def _ask(self, **words: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        for answer in self._process.stdout:
            if answer.startswith("#"):
                return json.loads(answer[1:])
        raise RuntimeError(f"{self.name} ended")

    def round(self) -> float:
        return float(self._ask(places=self.places))

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def converter() -> Callable[[bytes], Any]:
    """Reading and conversion with the shipped map, ledger on."""
    catalog = Catalog()
    map_id = catalog.find("ccda", "fhir", "") or ""
    syntaxes: dict[str, Any] = {"ccda": CCDA_SYNTAX, "fhir": FHIR_SYNTAX}
    found: Converter | None = catalog.converter(map_id, "ccda", "fhir", syntaxes.__getitem__)
    assert found is not None
    ours = found

    def convert(raw: bytes) -> Any:
        document = CCDA.parse(raw).value
        assert document is not None
        return ours(document)

    return convert


def check(raw: bytes) -> None:
    document = CCDA.parse(raw).value
    assert document is not None
    CCDA.check(document)


def seconds(run: Callable[[bytes], Any], raws: list[bytes]) -> float:
    start = time.process_time()
    for raw in raws:
        run(raw)
    return time.process_time() - start


def compare(peer: Peer, raws: list[bytes], ours: Callable[[bytes], Any]) -> list[str]:
    """Both on what the peer converts, round by round in turn, each as a ratio to lxml's bare parse."""
    taken = [raws[place] for place in peer.places]
    rounds = [(seconds(etree.fromstring, taken), seconds(ours, taken), peer.round()) for _ in range(ROUNDS + 1)][1:]
    bare, own, theirs = (min(each) for each in zip(*rounds, strict=True))
    made = sum(len(ours(raw).document.root["entry"]) for raw in taken)
    return [
        f"| {peer.name} | {len(taken)} of {len(raws)} | 1/{theirs / bare:.1f} | 1/{own / bare:.1f} "
        f"| {theirs / own:.2f} | {peer.entries} | {made} |"
    ]


def checking(raws: list[bytes]) -> str:
    taken = [raw for raw in raws if CHECKED[0] < len(raw) < CHECKED[1]]
    size = sum(map(len, taken))
    best = min(seconds(check, taken) for _ in range(ROUNDS + 1))
    return (
        f"Reading and checking: {len(taken)} documents of {size // len(taken) // 1000} KB in the mean, "
        f"{len(taken) / best:.0f} a second; {size / 100_000 / best:.0f} documents of 100 KB a second."
    )


def documents(shared: Path) -> list[bytes]:
    """The shared sample documents; without them those of our tests."""
    from tests.conformance.ccda.summary import DOCUMENTS

    folder = shared / "samples" / "ccda" / "documents"
    raws = [path.read_bytes() for path in sorted(folder.glob("*.xml"))] if folder.is_dir() else []
    return raws or [source.encode() for source in DOCUMENTS.values()]


def machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor()
    load = f"load {os.getloadavg()[0]:.0f}" if hasattr(os, "getloadavg") else ""
    core = f"one core of {os.cpu_count()} ({load})" if load else f"one core of {os.cpu_count()}"
    return f"{name}, {core}, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}"


def main(arguments: list[str]) -> None:
    commands = {"ccda-to-fhir 0.3 (PyPI)": python_peer(), "@medplum/ccda 5.1.10 (npm)": node_peer()}
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    raws = documents(Path(next(iter(arguments), HERE.parent.parent / "shared")))
    texts = [raw.decode("utf-8-sig", "replace") for raw in raws]
    ours = converter()
    lines = [
        "# C-CDA to FHIR, and checking", "", f"{machine()}. Written by `make bench`.", "",
        f"CPU time, minimum of {ROUNDS} rounds in turn, warm; on the documents that each peer converts. `lxml` is the "
        "bare parse of the same bytes. Ours reads, converts and keeps its ledger; absolute figures of a shared machine "
        "mean little, and a load above the number of cores costs what uses much memory most.", "",
        "| peer | converts | its rate, of lxml's | our rate, of lxml's | ours x peer | entries it makes | we make |",
        "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for name, command in commands.items():
        peer = Peer(name, command, texts)
        lines += compare(peer, raws, ours)
        peer.close()
    lines += ["", checking(raws), ""]
    text = "\n".join(lines)
    (HERE / "ccda.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main(sys.argv[1:])
