"""Durable acknowledgements a second, beside what Python offers, in one run on one machine; and the way to the hub.

    python bench/intake.py [--seconds 4] [--rounds 3]

Servers, each in a process of its own, the same sender against all of them:
- echo: an asyncio server with our framing that sends an acknowledgement made beforehand. The limit.
- gateway: stored in SQLite (WAL, synchronous=FULL) before the acknowledgement. Nothing else runs beside it.
- hl7: the `hl7` package's asyncio listener that parses each message and builds its ACK. Nothing is stored.
- hl7apy: hl7apy's MLLPServer, which closes after each message. Nothing is stored.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
CONNECTIONS = (1, 10, 100)
SERVERS = ("echo", "gateway", "hl7", "hl7apy")
END = b"\x1c\r"


def adt(number: int, event: str = "A01", patient: int = 1) -> bytes:
    """About one kilobyte, as a hospital sends it."""
    at = "20261101080000-0500"
    lines = (
        f"MSH|^~\\&|EPIC|GENERAL|GW|HUB|{at}||ADT^{event}^ADT_{event}|M{number:010}|P|2.5.1",
        f"EVN|{event}|{at}",
        f"PID|1||{patient:08}^^^GENERAL&2.16.840.1.113883.19.4.6&ISO^MR~999-84-1207^^^USSSA^SS||Testcase^Maria^T^^Ms.^^L"
        "||19580917|F||2106-3^White^HL70005|418 Alder St^Apt 3B^Riverbend^OH^45701^USA^H||^PRN^PH^^1^740^5550148"
        "|||W|CAT|A-83174^^^ACCOUNTS^AN",
        "PD1|||FAMILY PRACTICE^^4410|1111111112^Okafor^Grace^^^Dr.^^^NPI",
        "NK1|1|Testcase^Daniel^^^^^L|CHD^Child^HL70063|29 Oak Ave^^Athens^OH^45701^USA^H|^PRN^PH^^1^740^5550199",
        f"PV1|1|I|4W^412^B^GENERAL^^N^MAIN^4|E|||1234567893^Okafor^Ada^^^Dr^^^NPI|||MED||||7|||1234567893^Okafor^Ada^^^Dr"
        f"^^^NPI|IP|V{patient:08}^^^GENERAL^VN|MCR||||||||||||||||01||||||||20261101070000-0500|20261101080000-0500",
        "PV2|||I50.9^Heart failure, unspecified^I10C",
        "AL1|1|DA^Drug Allergy^HL70127|7980^Penicillin^RXNORM|MO|Hives|20040501",
        "DG1|1||I50.9^Heart failure, unspecified^I10C||20261101080000-0500|A",
        "DG1|2||Z59.41^Food insecurity^I10C||20261101080000-0500|W",
        "",
    )
    return "\r".join(lines).encode()


# --- servers, run as `python bench/intake.py --serve NAME PORT`


def serve(name: str, port: int) -> None:
    {"echo": _serve_echo, "hl7": _serve_hl7, "hl7apy": _serve_hl7apy}[name](port)


def _serve_echo(port: int) -> None:
    from adapters.transports import Answer, Received
    from adapters.transports.mllp import MllpListener, MllpSettings

    ready = b"MSH|^~\\&|HUB|GW|GENERAL|EPIC|20261101080000||ACK^A01|1|P|2.5.1\rMSA|AA|M0000000001\r"

    def receive(_: Received, answer: Answer) -> None:
        answer(ready)

    MllpListener(MllpSettings(port=port), receive)
    signal.pause()


def _serve_hl7(port: int) -> None:
    from hl7.mllp import start_hl7_server

    async def handle(reader: object, writer: object) -> None:
        try:
            while True:
                message = await reader.readmessage()  # type: ignore[attr-defined]
                writer.writemessage(message.create_ack())  # type: ignore[attr-defined]
                await writer.drain()  # type: ignore[attr-defined]
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()  # type: ignore[attr-defined]

    async def main() -> None:
        async with await start_hl7_server(handle, port=port, host="127.0.0.1") as server:
            await server.serve_forever()

    asyncio.run(main())


def _serve_hl7apy(port: int) -> None:
    from hl7apy.mllp import AbstractHandler, MLLPServer
    from hl7apy.parser import parse_segment

    class Ack(AbstractHandler):  # type: ignore[misc]
        def reply(self) -> str:
            header = parse_segment(self.incoming_message.split("\r")[0], version="2.5")
            control_id = header.msh_10.value
            return f"\x0bMSH|^~\\&|HUB|GW|GENERAL|EPIC|20261101||ACK|1|P|2.5.1\rMSA|AA|{control_id}\r\x1c\r"

    handlers = {f"ADT^{event}^ADT_{event}": (Ack,) for event in ("A01", "A03")}
    MLLPServer("127.0.0.1", port, handlers).serve_forever()


@contextmanager
def running(name: str, folder: Path) -> Iterator[int]:
    """The port of a server that listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    words = [str(HERE / "intake.py"), "--serve", name, str(port)]
    if name == "gateway":
        words = ["-m", "gateway.cli", "serve", "--log", "error", "--config", str(_settings(folder, port, bare=True))]
    process = subprocess.Popen([sys.executable, *words], stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.05)
        time.sleep(1.0)
        yield port
    finally:
        process.kill()
        process.wait()


def _settings(folder: Path, port: int, *, bare: bool, url: str = "") -> Path:
    """`bare`: nobody is told, so that only the intake is measured: a profile that nothing meets sets all aside."""
    destination = (
        f"{{type: fhir_messaging, to: {{url: '{url}', private_hosts: [127.0.0.1]}}, as: alerts, concurrency: 8}}"
    )
    (folder / "gateway.yaml").write_text(
        f"""
tenant: {{salt: benchmark}}
channels:
  adt: {{transport: mllp, listen: {{port: {port}}}, format: hl7v2}}
destinations: {{{"" if bare else f"hub: {destination}"}}}
routes: {[] if bare else "[{name: all, to: [hub]}]"}
"""
    )
    return folder / "gateway.yaml"


# --- the sender


class _Sender(asyncio.Protocol):
    """One connection that waits for each answer; connects again where the server closes after one."""

    def __init__(self, number: int, until: float, port: int, took: list[float], done: asyncio.Future[None]) -> None:
        self._count = number * 10_000_000
        self._until, self._port, self._took, self._done = until, port, took, done
        self._heard = b""
        self._began = 0.0
        self._answered = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._send()

    def _send(self) -> None:
        self._count += 1
        self._heard = b""
        self._began = time.perf_counter()
        self._answered = False
        self._transport.write(b"\x0b" + adt(self._count, patient=self._count % 997) + END)

    def data_received(self, data: bytes) -> None:
        self._heard += data
        if END in self._heard:
            self._took.append(time.perf_counter() - self._began)
            self._answered = True
            if time.perf_counter() < self._until:
                self._send()
            else:
                self._finish()

    def connection_lost(self, exc: Exception | None) -> None:
        if time.perf_counter() >= self._until:
            self._finish()
        else:
            self._again = asyncio.ensure_future(_connect(self, self._port))

    def _finish(self) -> None:
        if not self._done.done():
            self._done.set_result(None)
            self._transport.close()


async def _connect(sender: _Sender, port: int) -> None:
    try:
        await asyncio.get_running_loop().create_connection(lambda: sender, "127.0.0.1", port)
    except OSError:
        sender._finish()


async def _load(port: int, connections: int, seconds: float) -> list[float]:
    loop = asyncio.get_running_loop()
    took: list[float] = []
    until = time.perf_counter() + seconds
    waits = [loop.create_future() for _ in range(connections)]
    for number, done in enumerate(waits):
        await _connect(_Sender(number, until, port, took, done), port)
    await asyncio.wait(waits, timeout=seconds + 5)
    return took


def measured(name: str, connections: int, seconds: float) -> tuple[float, float]:
    """Answers a second, and the 99th percentile of their time in milliseconds."""
    with tempfile.TemporaryDirectory() as folder, running(name, Path(folder)) as port:
        took = asyncio.run(_load(port, connections, seconds))
        if name == "gateway":
            kept = sqlite3.connect(f"{folder}/gateway.db").execute("SELECT count(*) FROM envelope").fetchone()[0]
            assert kept >= len(took), f"{len(took)} acknowledged, {kept} stored"
    took.sort()
    return len(took) / seconds, took[int(len(took) * 0.99)] * 1000 if took else float("nan")


# --- the way to the hub


def to_the_hub(rate: float, seconds: float) -> tuple[list[float], int]:
    """Milliseconds from a frame's last byte to the hub's 200, at a steady rate."""
    import json

    from adapters.receivers import Reply, Request, hub

    arrived: dict[str, float] = {}

    def taken(request: Request) -> Reply:
        arrived[json.loads(request.body)["identifier"]["value"]] = time.perf_counter()
        return Reply()

    with tempfile.TemporaryDirectory() as folder, hub(taken) as here:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = int(free.getsockname()[1])
        path = _settings(Path(folder), port, bare=False, url=here.url)
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", "serve", "--log", "error", "--config", str(path)]
        )
        try:
            sent = _steady(port, rate, seconds, arrived)
            until = time.monotonic() + 60
            while len(arrived) < len(sent) and time.monotonic() < until:
                time.sleep(0.1)
        finally:
            process.terminate()
            process.wait()
    return [(arrived[name] - at) * 1000 for name, at in sent.items() if name in arrived], len(sent)


def _steady(port: int, rate: float, seconds: float, arrived: dict[str, float]) -> dict[str, float]:
    """After a warm-up of some messages, so many a second over four connections."""
    from adapters.mllp import Client, NoAnswerError

    clients = [Client(host="127.0.0.1", port=port) for _ in range(4)]
    warm = 0
    while len(arrived) < 20:
        warm += 1
        try:
            clients[0].exchange(adt(900_000_000 + warm, patient=warm), 5)
        except (OSError, NoAnswerError):
            warm -= 1
        time.sleep(0.1)
    time.sleep(2.0)
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
    return sent


# --- the report


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--serve", nargs=2, metavar=("NAME", "PORT"))
    arguments.add_argument("--seconds", type=float, default=4.0)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--rate", type=float, default=100.0)
    said = arguments.parse_args()
    if said.serve:
        serve(said.serve[0], int(said.serve[1]))
        return
    rates: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for _ in range(said.rounds):
        for connections in CONNECTIONS:
            for name in SERVERS:
                got = measured(name, connections, said.seconds)
                rates.setdefault((name, connections), []).append(got)
                print(f"{name:8} {connections:4} connections: {got[0]:8.0f}/s  p99 {got[1]:7.1f} ms", flush=True)
    took, sent = to_the_hub(said.rate, max(said.seconds * 3, 10))
    took.sort()
    report = "\n".join(_report(rates, took, sent, said.rate))
    (HERE / "intake.md").write_text(report + "\n")
    print(report)


def _report(
    rates: dict[tuple[str, int], list[tuple[float, float]]], took: list[float], sent: int, rate: float
) -> Iterator[str]:
    def middle(name: str, connections: int) -> tuple[float, float]:
        runs = rates[name, connections]
        return statistics.median(one[0] for one in runs), statistics.median(one[1] for one in runs)

    yield "# Durable acknowledgements"
    yield ""
    yield f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
    yield f"{datetime.now(UTC):%Y-%m-%d}. One kilobyte ADT; each connection waits for its answer; median of the rounds."
    yield "The gateway stores before it answers (SQLite, WAL, synchronous=FULL); the others store nothing."
    yield ""
    yield "| connections | server | acknowledged/s (lowest) | p99 ms | to echo | to hl7 |"
    yield "|---|---|---|---|---|---|"
    for connections in CONNECTIONS:
        for name in SERVERS:
            got, p99 = middle(name, connections)
            least = min(one[0] for one in rates[name, connections])
            echo, hl7 = got / middle("echo", connections)[0], got / middle("hl7", connections)[0]
            yield f"| {connections} | {name} | {got:.0f} ({least:.0f}) | {p99:.1f} | {echo:.2f} | {hl7:.2f} |"
    yield ""
    at = {share: took[min(int(len(took) * share), len(took) - 1)] for share in (0.5, 0.99)}
    yield f"From the frame's last byte to the hub's 200 at {rate:.0f} messages/s, converted and checked on the way: "
    yield f"p50 {at[0.5]:.0f} ms, p99 {at[0.99]:.0f} ms ({len(took)} of {sent} arrived)."


if __name__ == "__main__":
    main()
