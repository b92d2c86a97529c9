"""`python bench/fhir_speed.py [SHARED]`: speed, memory and start of the FHIR validator beside two others.

All on the same resources (the examples of US Core 6.1.0) in one run, CPU seconds, warm, the best of several rounds in
turn. pyrofile-validator is installed into `bench/.venv-pyrofile` and runs there as a process that answers rounds.
Questionnaires are shown apart: they dominate pyrofile's time. What ours checks: each resource's own profiles,
terminology, invariants, narrative. "Read too" begins with bytes: our strict reader (duplicate names, digits of decimals
kept), and pydantic's of fhir.resources. Start, memory and big values follow. Writes `bench/fhir_speed.md`.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tarfile
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROUNDS = 10
GUIDE = "hl7.fhir.us.core-6.1.0.tgz"
CORE = "hl7.fhir.r4.core-4.0.1.tgz"
PYROFILE = "pyrofile-validator==0.3.0"

PEER = """
import json, logging, resource, sys, time
logging.disable(logging.CRITICAL)
from pyrofile_validator import Validator
from pyrofile_validator.config import ValidatorConfig
start = time.process_time()
config = ValidatorConfig(local_package_paths=json.loads(sys.stdin.readline()))
validator = Validator(config)
started = time.process_time() - start
resources = [json.loads(text) for text in json.loads(sys.stdin.readline())]
for each in resources: validator.validate_resource(each)
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print("#" + json.dumps({"start": started, "memory": memory}), flush=True)
for line in sys.stdin:
    start = time.process_time()
    for each in resources: validator.validate_resource(each)
    print(f"#{time.process_time() - start}", flush=True)
"""

COLD = """
import json, sys, time
start = time.perf_counter()
from conformance import fhir
with open(sys.argv[1]) as file: patient = json.load(file)
fhir.validate(patient, profiles=["http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient|6.1.0"])
elapsed = time.perf_counter() - start
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(elapsed, time.process_time(), int(peak.split()[1]) / 1024)
"""

ALL = """
import json, sys, time
from pathlib import Path
from conformance import packages
from conformance.definitions.registry import Registry
from conformance.fhir import Validator
texts = json.load(sys.stdin)
start = time.process_time()
validator = Validator(Registry([packages.compiled(Path(sys.argv[1])).value]))
for text in texts: validator.validate(json.loads(text))
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(time.process_time() - start, int(peak.split()[1]) / 1024)
"""


def machine() -> str:
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    name = names[0].partition(": ")[2] if names else platform.processor()
    return f"{name}, one core of {os.cpu_count()}, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}"


def examples(archive: Path) -> list[str]:
    found = []
    with tarfile.open(archive) as tar:
        for member in tar:
            name = member.name.rpartition("/")[2]
            if "/example/" in member.name and name.endswith(".json") and not name.startswith("."):
                file = tar.extractfile(member)
                text = file.read().decode() if file is not None else "{}"
                if "resourceType" in json.loads(text):
                    found.append(text)
    return found


class Peer:
    """pyrofile-validator in a process of its own."""

    def __init__(self, packages: list[Path], texts: list[str]) -> None:
        folder = HERE / ".venv-pyrofile"
        if not (folder / "bin" / "python").exists():
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
            subprocess.run([str(folder / "bin" / "pip"), "install", "--quiet", PYROFILE], check=True)
        self.process = subprocess.Popen(
            [str(folder / "bin" / "python"), "-c", PEER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.about: dict[str, float] = {}
        self.send(json.dumps([str(path) for path in packages]))
        self.about = json.loads(self.ask(json.dumps(texts)))

    def send(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def ask(self, line: str) -> str:
        self.send(line)
        assert self.process.stdout is not None
        for answer in self.process.stdout:  # FHIRPath's trace() goes there too
            if answer.startswith("#"):
                return answer[1:]
        raise RuntimeError("pyrofile-validator ended")

    def round(self) -> float:
        return float(self.ask("go"))

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def ours(archive: Path, texts: list[str]) -> tuple[Callable[[], None], Callable[[], None]]:
    """A round of validation alone, and one with reading, duplicate keys and all."""
    from adapters.formats.fhir import FORMAT
    from conformance import packages
    from conformance.definitions.registry import Registry
    from conformance.fhir import Validator

    pack = packages.compiled(archive).value
    assert pack is not None
    validator = Validator(Registry([pack]))
    read = [json.loads(text) for text in texts]
    raws = [text.encode() for text in texts]

    def warm() -> None:
        for resource in read:
            validator.validate(resource)

    def parsed() -> None:
        for raw in raws:
            document = FORMAT.parse(raw).value
            assert document is not None
            validator.validate(document.root)

    return warm, parsed


def models(texts: list[str]) -> Callable[[], None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from fhir.resources.R4B import get_fhir_model_class
    raws = [(get_fhir_model_class(json.loads(text)["resourceType"]), text.encode()) for text in texts]

    def run() -> None:
        for model, raw in raws:
            model.model_validate_json(raw)

    return run


def seconds(run: Callable[[], Any]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def cold(archive: Path) -> str:
    """What a new process needs for one Patient, as a table: the engine alone, and the command. The best of some."""
    patient = next(text for text in examples(archive) if json.loads(text)["resourceType"] == "Patient")
    path = HERE / ".patient.json"
    path.write_text(patient)
    try:
        engine = [_engine(path) for _ in range(ROUNDS)]
        command = [_command(path) for _ in range(ROUNDS)]
    finally:
        path.unlink()
    rows = [("engine, imports included", engine), ("`sdoh-gateway validate`, the process whole", command)]
    lines = ["| one US Core Patient, a new process | s | CPU s | MB |", "|---|---|---|---|"]
    for name, runs in rows:
        wall, cpu, memory = (min(run[place] for run in runs) for place in range(3))
        lines.append(f"| {name} | {wall:.2f} | {cpu:.2f} | {memory:.0f} |")
    return "\n".join(lines)


def _engine(path: Path) -> tuple[float, ...]:
    asked = [sys.executable, "-c", COLD, str(path)]
    return tuple(map(float, subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split()))


def _command(path: Path) -> tuple[float, ...]:
    """Seconds, CPU seconds and MB, by the process that waits for it and for nothing else."""
    code = (
        "import resource, subprocess, sys, time; start = time.perf_counter(); "
        "subprocess.run([sys.executable, '-m', 'gateway', 'validate', sys.argv[1]], capture_output=True); "
        "wall = time.perf_counter() - start; used = resource.getrusage(resource.RUSAGE_CHILDREN); "
        "print(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)"
    )
    asked = [sys.executable, "-c", code, str(path)]
    return tuple(map(float, subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split()))


def every(archive: Path, texts: list[str]) -> str:
    """What a new process of ours needs for all examples once: CPU seconds and MB."""
    asked = [sys.executable, "-c", ALL, str(archive)]
    done = subprocess.run(asked, check=True, capture_output=True, text=True, input=json.dumps(texts))
    spent, memory = map(float, done.stdout.split())
    return f"All {len(texts)} examples once in a new process: {spent:.2f} s of CPU, {memory:.0f} MB at most."


_DIV = '<div xmlns="http://www.w3.org/1999/xhtml">'
BIG: dict[str, dict[str, Any]] = {
    "a Patient with a photo of a kilobyte": {"photo": [{"contentType": "image/png", "data": "QUJD" * 250}]},
    "a photo of a megabyte": {"photo": [{"contentType": "image/png", "data": "QUJD" * 250_000}]},
    "a name of a megabyte, blank but for its end": {"name": [{"family": " " * 1_000_000 + "a"}]},
    "a code of half a million words": {"gender": "a " * 500_000},
    "an OID of half a million arcs": {"implicitRules": "urn:oid:1" + ".1" * 500_000},
    "a narrative with 100,000 elements inside each other": {
        "text": {"status": "generated", "div": f"{_DIV}{'<b>' * 100_000}x{'</b>' * 100_000}</div>"}
    },
}


def big() -> str:
    """Milliseconds of CPU for values that make checks slow where they can be made slow."""
    from conformance.fhir import default_validator

    validator = default_validator()
    lines = ["| | ms |", "|---|---|"]
    for name, parts in BIG.items():
        best = min(seconds(partial(validator.validate, {"resourceType": "Patient", **parts})) for _ in range(3))
        lines.append(f"| {name} | {best * 1000:,.1f} |")
    return "\n".join(lines)


def measure(shared: Path, texts: list[str]) -> dict[str, float]:
    archive = shared / "packages" / GUIDE
    warm, parsed = ours(archive, texts)
    typed = models(texts)
    peer = Peer([shared / "packages" / CORE, archive], texts)
    runs: dict[str, Callable[[], float]] = {
        "ours": lambda: seconds(warm), "ours, read too": lambda: seconds(parsed),
        "fhir.resources R4B, read too": lambda: seconds(typed), "pyrofile-validator 0.3.0": peer.round,
    }  # fmt: skip
    for run in runs.values():
        run()
    best = {name: min(run() for _ in range(2)) for name, run in runs.items()}
    for _ in range(ROUNDS):
        best = {name: min(best[name], run()) for name, run in runs.items()}
    peer.close()
    return {name: len(texts) / best[name] for name in runs} | {
        "pyrofile start, s": peer.about["start"], "pyrofile memory, MB": peer.about["memory"],
    }  # fmt: skip


def main(arguments: list[str]) -> None:
    shared = Path(next(iter(arguments), HERE.parent.parent / "shared"))
    whole = examples(shared / "packages" / GUIDE)
    plain = [text for text in whole if json.loads(text)["resourceType"] != "Questionnaire"]
    lines = ["# FHIR validation: speed", "", f"{machine()}. Written by `make bench`.", ""]
    lines += [f"Examples of US Core 6.1.0, CPU seconds, warm, the best of {ROUNDS + 2} rounds in turn.", ""]
    for title, texts in ((f"{len(plain)} resources without Questionnaires", plain), (f"all {len(whole)}", whole)):
        found = measure(shared, texts)
        lines += [f"## {title}", "", "| | resources/s |", "|---|---|"]
        lines += [f"| {name} | {rate:,.1f} |" for name, rate in found.items()]
        ratio = found["ours"] / found["pyrofile-validator 0.3.0"]
        models_ratio = found["ours, read too"] / found["fhir.resources R4B, read too"]
        lines += ["", f"Ours is {ratio:.0f}x pyrofile-validator, {models_ratio:.2f}x fhir.resources R4B.", ""]
    lines += ["## start and memory", "", cold(shared / "packages" / GUIDE), ""]
    lines += [every(shared / "packages" / GUIDE, whole), "", "## big values", "", big(), ""]
    (HERE / "fhir_speed.md").write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main(sys.argv[1:])
