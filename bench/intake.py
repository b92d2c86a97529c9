"""Durable acknowledgements a second, beside what Python offers, in one run on one machine; and the way to the hub.

    python bench/intake.py [--seconds 4] [--rounds 3]

Servers, each in a process of its own, the same sender (`mllp_load.py`, another process) against all of them, in turn:
- echo: the echo server of asyncio's documentation (streams) with the same framing.
- bare: our own listener with nothing behind it, which sends each message back: what its framing alone could do.
- gateway: stored in SQLite (WAL, synchronous=FULL) before the acknowledgement; its workers run beside it.
- hl7: the `hl7` package's asyncio listener that parses each message and builds its ACK. Nothing is stored.
- hl7apy: hl7apy's MLLPServer, which closes after each message. Nothing is stored.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.mllp_load import adt

HERE = Path(__file__).parent
CONNECTIONS = (1, 10, 100)
SERVERS = ("echo", "bare", "gateway", "hl7", "hl7apy")


@dataclass(frozen=True)
class Run:
    """One server under one load. `own` and `sender` are microseconds of CPU an answer, of the server's process (not its
    workers) and of the sender; `busy` is the share of the time in which the sender computed."""

    rate: float
    p50: float
    p99: float
    own: float
    sender: float
    busy: float


@contextmanager
def running(name: str, folder: Path) -> Iterator[tuple[int, int]]:
    """The port of a server that listens, and its process."""
    port, http = _free_port(), _free_port()
    words = [str(HERE / "mllp_servers.py"), name, str(port)]
    if name == "gateway":
        path = _settings(folder, port, bare=True, http=http)
        words = ["-m", "gateway.cli", "serve", "--log", "error", "--config", str(path)]
    process = subprocess.Popen([sys.executable, *words], stderr=subprocess.DEVNULL)
    try:
        _until_listening(port)
        if name == "gateway":
            _until_ready(http)
        time.sleep(0.5)
        yield port, process.pid
    finally:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _until_listening(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)


def _until_ready(port: int) -> None:
    """Until /readyz says so: the workers have loaded what the first message would otherwise wait for."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz"):
            return
        time.sleep(0.05)


def _settings(folder: Path, port: int, *, bare: bool, url: str = "", http: int = 0) -> Path:
    """`bare`: nobody is told, so that nothing is sent while the intake is measured."""
    destination = (
        f"{{type: fhir_messaging, to: {{url: '{url}', private_hosts: [127.0.0.1]}}, as: alerts, concurrency: 8}}"
    )
    (folder / "gateway.yaml").write_text(
        f"""
tenant: {{salt: benchmark}}
{f"http: {{port: {http}}}" if http else ""}
channels:
  adt: {{transport: mllp, listen: {{port: {port}}}, format: hl7v2}}
destinations: {{{"" if bare else f"hub: {destination}"}}}
routes: {[] if bare else "[{name: all, to: [hub]}]"}
"""
    )
    return folder / "gateway.yaml"


def measured(name: str, connections: int, seconds: float) -> Run:
    with tempfile.TemporaryDirectory() as folder, running(name, Path(folder)) as (port, process):
        before = _cpu(process)
        words = [sys.executable, str(HERE / "mllp_load.py"), str(port), str(connections), str(seconds)]
        said = json.loads(subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout)
        spent = _cpu(process) - before
        if name == "gateway":
            with contextlib.closing(sqlite3.connect(f"{folder}/gateway.db")) as store:
                kept = store.execute("SELECT count(*) FROM envelope").fetchone()[0]
            assert kept >= said["answers"], f"{said['answers']} acknowledged, {kept} stored"
    count = max(said["answers"], 1)
    whole = seconds + 0.5
    return Run(
        rate=said["answers"] / said["seconds"],
        p50=said["p50"] or float("nan"),
        p99=said["p99"] or float("nan"),
        own=spent / count * (seconds / whole) * 1e6,
        sender=said["cpu"] / count * 1e6,
        busy=said["cpu"] / said["seconds"],
    )


def _cpu(process: int) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# --- the way to the hub


def to_the_hub(rate: float, seconds: float) -> tuple[list[float], int, float]:
    """Milliseconds from a frame's last byte to the hub's 200, at a steady rate; how many were sent; and milliseconds
    from the ready gateway's very first message to the hub's 200."""
    from adapters.receivers import Reply, Request, hub

    arrived: dict[str, float] = {}

    def taken(request: Request) -> Reply:
        arrived[json.loads(request.body)["identifier"]["value"]] = time.perf_counter()
        return Reply()

    with tempfile.TemporaryDirectory() as folder, hub(taken) as here:
        port, http = _free_port(), _free_port()
        path = _settings(Path(folder), port, bare=False, url=here.url, http=http)
        words = [sys.executable, "-m", "gateway.cli", "serve", "--log", "error", "--config", str(path)]
        process = subprocess.Popen(words)
        try:
            _until_ready(http)
            sent, first = _steady(port, rate, seconds, arrived)
            until = time.monotonic() + 60
            while len(arrived) < len(sent) and time.monotonic() < until:
                time.sleep(0.1)
        finally:
            process.terminate()
            process.wait()
    return [(arrived[name] - at) * 1000 for name, at in sent.items() if name in arrived], len(sent), first


def _steady(port: int, rate: float, seconds: float, arrived: dict[str, float]) -> tuple[dict[str, float], float]:
    """So many a second over four connections, after a first one by itself."""
    from adapters.mllp import Client

    clients = [Client(host="127.0.0.1", port=port) for _ in range(4)]
    began = time.perf_counter()
    for number in range(20):
        clients[number % 4].exchange(adt(900_000_000 + number, patient=900_000 + number), 5)
        while len(arrived) <= number and time.perf_counter() - began < 60:
            time.sleep(0.002)
    first = (min(arrived.values()) - began) * 1000
    arrived.clear()
    sent: dict[str, float] = {}
    began = time.perf_counter()

    def feed(lane: int) -> None:
        for number in range(lane, int(rate * seconds), len(clients)):
            time.sleep(max(began + number / rate - time.perf_counter(), 0))
            sent[f"M{number:010}"] = time.perf_counter()
            clients[lane].exchange(adt(number, patient=number % 997), 10)

    lanes = [threading.Thread(target=feed, args=(lane,)) for lane in range(len(clients))]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    for client in clients:
        client.close()
    return sent, first


# --- the report


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seconds", type=float, default=4.0)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--rate", type=float, default=100.0)
    arguments.add_argument("--connections", type=int, nargs="*", default=list(CONNECTIONS))
    said = arguments.parse_args()
    others = os.getloadavg()[0]
    runs: dict[tuple[str, int], list[Run]] = {}
    for _ in range(said.rounds):
        for connections in said.connections:
            for name in SERVERS:
                run = measured(name, connections, said.seconds)
                runs.setdefault((name, connections), []).append(run)
                print(
                    f"{name:8} {connections:4} connections: {run.rate:8.0f}/s  p99 {run.p99:7.1f} ms  "
                    f"CPU {run.own:6.1f} us, sender {run.sender:5.1f} us, busy {run.busy:4.0%}",
                    flush=True,
                )
    took, sent, first = to_the_hub(said.rate, max(said.seconds * 3, 10))
    report = "\n".join((*_acknowledged(runs, others), *_delivered(took, sent, first, said.rate)))
    (HERE / "intake.md").write_text(report + "\n")
    print(report)


_ABOUT = """
Where that load isn't near 0, others took their share of the cores, and of the figures those of CPU mean most.

One kilobyte ADT; each connection waits for its answer; the servers in turn, median of the rounds. The gateway stores
before it answers (SQLite, WAL, synchronous=FULL), and its workers run beside it; the others store nothing. The sender
is a process of its own on the same cores, unpinned; if it is busy near 100 %, it and not the server is the limit. CPU:
of the server's process (the workers are others) and of the sender's, for each answer. `echo` is the echo server of
asyncio's documentation (streams) with the same framing, `bare` our own listener (on uvloop, as the gateway's) with
nothing behind it; both send each message back."""


def _acknowledged(runs: dict[tuple[str, int], list[Run]], others: float) -> Iterator[str]:
    """`others`: the load of the machine before the first run."""

    def middle(name: str, connections: int, what: str) -> float:
        return float(statistics.median(getattr(one, what) for one in runs[name, connections]))

    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    yield "# Durable acknowledgements"
    yield ""
    yield f"{machine}, {datetime.now(UTC):%Y-%m-%d}; load before the run (1 minute): {others:.1f}."
    yield from _ABOUT.splitlines()
    yield ""
    yield "| connections | server | acknowledged/s (lowest) | p99 ms | to echo | to hl7 | CPU us | sender us (busy) |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, connections in sorted(runs, key=lambda one: (one[1], SERVERS.index(one[0]))):
        got, p99 = middle(name, connections, "rate"), middle(name, connections, "p99")
        least = min(one.rate for one in runs[name, connections])
        echo, hl7 = got / middle("echo", connections, "rate"), got / middle("hl7", connections, "rate")
        own, sender, busy = (middle(name, connections, what) for what in ("own", "sender", "busy"))
        yield (
            f"| {connections} | {name} | {got:.0f} ({least:.0f}) | {p99:.1f} | {echo:.2f} | {hl7:.2f} "
            f"| {own:.0f} | {sender:.0f} ({busy:.0%}) |"
        )


def _delivered(took: list[float], sent: int, first: float, rate: float) -> Iterator[str]:
    took = sorted(took)
    at = {share: took[min(int(len(took) * share), len(took) - 1)] for share in (0.5, 0.99)}
    yield ""
    yield f"From the frame's last byte to the hub's 200 at {rate:.0f} messages/s, converted and checked on the way:"
    yield f"p50 {at[0.5]:.0f} ms, p99 {at[0.99]:.0f} ms ({len(took)} of {sent} arrived). The first message after the"
    yield f"start took {first:.0f} ms."


if __name__ == "__main__":
    main()
