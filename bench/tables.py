"""How fast tables are read and checked: 20 columns, beside frictionless in the same run, and memory on a million rows.

    python bench/tables.py [--rows N] [--million]

Rows are those of a member roster, one in 200 of them dirty. All three readings are of one file: Python's csv module
alone (rows as dicts, nothing checked), frictionless with a Table Schema of the same demands (installed into
`bench/.venv-frictionless`, run there as a process), and ours: layout, encoding, types, required cells, keys,
duplicates, findings with their places. Times are CPU seconds of one process. Writes `bench/tables.md`.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

HERE = Path(__file__).parent
PEER = "frictionless==5.18.1"
ROUNDS = 5
HEADERS = [
    "MemberID", "SubscriberID", "MedicaidID", "LastName", "FirstName", "MI", "BirthDate",
    "Sex", "Relationship", "Address", "City", "State", "Zip", "HomePhone",
    "Language", "Medicare", "Medicaid", "OptOut", "Effective Date", "End Date",
]  # fmt: skip
TYPES = {"BirthDate": "date", "Effective Date": "date", "End Date": "date"}

_PEER_SOURCE = """
import json, sys, time
from frictionless import Resource, Schema, Checklist
path, schema, rounds = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])
for _ in range(rounds):
    start = time.process_time()
    report = Resource(path=path, schema=Schema.from_descriptor(schema)).validate(Checklist(), limit_errors=10**9)
    print(time.process_time() - start, sum(len(task.errors) for task in report.tasks), flush=True)
"""


def write(path: Path, count: int) -> None:
    """A roster of `count` members."""
    random = Random(7)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADERS)
        writer.writerows(_row(number, random) for number in range(count))


def _row(number: int, random: Random) -> list[str]:
    born = f"{random.randint(1930, 2020)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}"
    row = [
        f"M{number:07}", f"S{number // 3:07}", f"LM{number:07}N", random.choice(["Baptiste", "Quimby", "Muñoz"]),
        random.choice(["Ann", "Bo", "Zoë"]), random.choice("ABC"), born, random.choice("MFU"),
        random.choice(["Self", "Child"]), f"{random.randint(1, 999)} Main St", random.choice(["Ava", "Rome"]),
        "NY", random.choice(["13501", "13440", "13502"]), f"315-555-{random.randint(0, 9999):04}", "English",
        random.choice("01"), random.choice("01"), "N", "2026-01-01", "",
    ]  # fmt: skip
    if number % 200 == 17:
        row[6] = random.choice(["1988-02-30", "0000-00-00", "soon"])
    return row


def ours(path: Path) -> tuple[float, int]:
    """CPU seconds and findings."""
    from adapters.formats.tabular.dataset import opened

    findings: list[object] = []
    start = time.process_time()
    count = sum(len(rows) for _, rows in opened(path).batches(findings.append, lambda one: None))
    spent = time.process_time() - start
    if not count:
        raise SystemExit("nothing was read")
    return spent, len(findings)


def bare(path: Path) -> float:
    """CPU seconds of the csv module alone."""
    start = time.process_time()
    with path.open(newline="", encoding="utf-8") as file:
        for _ in csv.DictReader(file):
            pass
    return time.process_time() - start


def peer(path: Path) -> list[tuple[float, int]]:
    """Rounds of frictionless; none where it can't be installed."""
    folder = HERE / ".venv-frictionless"
    try:
        if not (folder / "bin/python").exists():
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
            subprocess.run([str(folder / "bin/pip"), "install", "-q", PEER], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"frictionless can't be installed ({type(error).__name__}); measured without it", file=sys.stderr)
        return []
    schema = {
        "fields": [{"name": name, "type": TYPES.get(name, "string"),
                    **({"constraints": {"required": True}} if name == "MemberID" else {})} for name in HEADERS],
        "primaryKey": ["MemberID"],
    }  # fmt: skip
    command = [str(folder / "bin/python"), "-c", _PEER_SOURCE, path.name, json.dumps(schema), str(ROUNDS - 2)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=path.parent)
    return [(float(seconds), int(count)) for seconds, count in (line.split() for line in done.stdout.splitlines())]


def million(folder: Path) -> tuple[float, int]:
    """A million rows in a process of its own: CPU seconds and peak memory in MB."""
    path = folder / "million.csv"
    write(path, 1_000_000)
    source = (
        f"import sys; sys.path[:0] = [{str(HERE.parent)!r}, {str(HERE)!r}]; import tables, resource;"
        f"from pathlib import Path; spent, _ = tables.ours(Path({str(path)!r}));"
        "print(spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    done = subprocess.run([sys.executable, "-c", source], check=True, capture_output=True, text=True)
    seconds, memory = done.stdout.split()
    return float(seconds), int(memory)


def report(
    rows: int,
    mine: list[tuple[float, int]],
    alone: list[float],
    other: list[tuple[float, int]],
    large: tuple[float, int] | None,
) -> str:
    base = statistics.median(alone)
    best = statistics.median(seconds for seconds, _ in mine)
    lines = [
        "# Tables read and checked, beside frictionless",
        "",
        f"{platform.processor() or platform.machine()}, one core of {os.cpu_count()}, "
        f"Python {platform.python_version()}. Written by `python bench/tables.py --million`.",
        "",
        f"{rows:,} rows of 20 columns, one in 200 dirty; medians of CPU time in one run; the machine has other users.",
        "",
        "| | rows/s | findings | x csv module alone | x ours |",
        "|---|---|---|---|---|",
        f"| csv.DictReader, nothing checked | {rows / base:,.0f} | | 1.00 | {best / base:.2f} |",
        f"| **ours** | **{rows / best:,.0f}** | {mine[0][1]:,} | {base / best:.2f} | 1.00 |",
    ]
    if other:
        theirs = statistics.median(seconds for seconds, _ in other)
        name = PEER.replace("==", " ")
        speed = f"{rows / theirs:,.0f} | {other[0][1]:,}"
        lines.append(f"| {name} | {speed} | {base / theirs:.2f} | {best / theirs:.3f} |")
    if large:
        lines += ["", f"A million rows: {1_000_000 / large[0]:,.0f} rows/s, {large[1]} MB at the peak."]
    return "\n".join(lines) + "\n"


def main() -> None:
    sys.path.insert(0, str(HERE.parent))
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=20_000)
    options.add_argument("--million", action="store_true", help="measure memory on a million rows too")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "members.csv")
        write(path, asked.rows)
        ours(path)
        mine, alone = [], []
        for _ in range(ROUNDS):
            alone.append(bare(path))
            mine.append(ours(path))
        text = report(asked.rows, mine, alone, peer(path), million(Path(name)) if asked.million else None)
    (HERE / "tables.md").write_text(text, encoding="utf-8")
    print(text, end="")
    if asked.rows / statistics.median(seconds for seconds, _ in mine) < 15_000:
        print("slower than the 15,000 rows/s that are asked for", file=sys.stderr)


if __name__ == "__main__":
    main()
