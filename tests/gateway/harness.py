"""What tests of the running gateway share: messages, senders and receivers of their own making, and the process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.destinations import Accepted, Outcome, Payload
from adapters.mllp import Client
from gateway.plan import Channel, Destination, Retry
from gateway.store import Store, migrate
from gateway.targets import Target

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


def adt(
    number: int,
    event: str = "A01",
    patient: str = "100",
    name: str = "Testcase^Maria",
    disposition: str = "",
    extra: str = "",
    minute: int | None = None,
) -> bytes:
    """An admission or discharge that the shipped maps and the Alerts profile are content with."""
    at = f"20261101{8 + (minute or number) // 60 % 12:02}{(minute or number) % 60:02}00-0500"
    ended = at if event == "A03" else ""
    structure = {"A01": "ADT_A01", "A03": "ADT_A03", "A04": "ADT_A01", "A08": "ADT_A01"}.get(event, f"ADT_{event}")
    doctor = "1234567893^Okafor^Ada^^^Dr^^^NPI"
    visit = {1: "1", 2: "I", 3: "4W^401^1^GENERAL^^^^^GENERAL HOSPITAL", 4: "R", 7: doctor, 10: "MED", 17: doctor}
    visit |= {18: "IP", 19: f"V{patient}^^^GENERAL^VN", 36: disposition, 44: "20261101080000-0500", 45: ended}
    lines = [
        f"MSH|^~\\&|EPIC|GENERAL|GW|HUB|{at}||ADT^{event}^{structure}|MSG{number:06}|P|2.5.1",
        f"EVN|{event}|{at}",
        f"PID|1||{patient}^^^GENERAL&2.16.840.1.113883.19.4.6&ISO^MR||{name}||19700101|F|||"
        "1 Main St^^Springfield^IL^62701",
        "|".join(["PV1", *(visit.get(number, "") for number in range(1, 46))]),
        "DG1|1||I50.9^Heart failure^I10|||A",
    ]
    return "\r".join([*lines, *([extra] if extra else []), ""]).encode()


def bundle(
    number: int, event: str = "A01", patient: str = "p1", at: str | None = None, **changes: Any
) -> dict[str, Any]:
    """The same as FHIR, for tests of what comes after conversion."""
    when = at if at is not None else (NOW + timedelta(minutes=number)).isoformat()
    coding = {"system": "http://terminology.hl7.org/CodeSystem/v2-0003", "code": event}
    header = {
        "resourceType": "MessageHeader",
        "id": f"h{number}",
        "eventCoding": coding,
        "source": {"endpoint": "urn:x"},
    }
    encounter: dict[str, Any] = {
        "resourceType": "Encounter",
        "id": f"v-{patient}",
        "status": "finished" if event == "A03" else "in-progress",
        "class": {"code": "IMP"},
        "subject": {"reference": f"urn:uuid:{patient}"},
    }
    person: dict[str, Any] = {"resourceType": "Patient", "id": patient}
    encounter |= changes.get("encounter", {})
    person |= changes.get("person", {})
    resources = [header, person, encounter, *changes.get("more", [])]
    entries = [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in resources]
    return {"resourceType": "Bundle", "type": "message", "timestamp": when, "entry": entries}


@dataclass
class FakeClock:
    """Stands still until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class FakeSender:
    """A receiver in memory. `answer` decides; `sent` keeps the keys and bodies in their order."""

    answer: Callable[[Payload, str], Outcome] = lambda _payload, _key: Accepted()
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    closed: bool = False

    def send(self, payload: Payload, key: str, deadline: float) -> Outcome:
        outcome = self.answer(payload, key)
        self.sent.append((key, payload.body))
        return outcome

    def close(self) -> None:
        self.closed = True


def channel(**fields: Any) -> Channel:
    return Channel(**{"name": "adt", "transport": "http", "format": "hl7v2", **fields})


def destination(**fields: Any) -> Destination:
    plain: dict[str, Any] = {
        "name": "hub",
        "type": "files",
        "as_": Target(format="fhir"),
        "wanted": "fhir",
        "retry": Retry(first=0.02, factor=2.0, most=0.1),
    }
    return Destination(**{**plain, **fields})


def slowly(seconds: float) -> Outcome:
    """Taken, after a while."""
    time.sleep(seconds)
    return Accepted()


@contextmanager
def a_store(folder: Path, **options: Any) -> Iterator[Store]:
    url = f"sqlite:///{folder / 'store.db'}"
    if not (folder / "store.db").exists():
        migrate(url)
    store = Store(url, write=True, **options)
    try:
        yield store
    finally:
        store.close()


def wait_for(holds: Callable[[], Any], within: float = 10.0, what: str = "it") -> Any:
    until = time.monotonic() + within
    while not (found := holds()):
        assert time.monotonic() < until, f"{what} did not happen within {within} s"
        time.sleep(0.01)
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@dataclass
class Running:
    """A gateway in a process of its own."""

    folder: Path
    log: Path
    process: subprocess.Popen[bytes]

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def terminate(self, within: float = 30.0) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within)


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Running]:
    """Started and listening; killed at the end if it still runs."""
    log = folder / "gateway.log"
    with log.open("ab") as stream:
        began = log.stat().st_size
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", "serve", "--config", str(folder / "gateway.yaml"), *options],
            stderr=stream,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    try:
        wait_for(
            lambda: b'"event": "started"' in log.read_bytes()[began:] or process.poll() is not None, 30.0, "the start"
        )
        assert process.poll() is None, log.read_text()[-2000:]
        yield Running(folder, log, process)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def client(port: int) -> Client:
    return Client(host="127.0.0.1", port=port, connect_timeout=2.0)


def in_threads(count: int, work: Callable[[int], None]) -> None:
    """Runs it in so many threads at once; the first thing that went wrong in one of them is raised here."""
    problems: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            work(number)
        except BaseException as problem:  # noqa: BLE001 - raised again below
            problems.append(problem)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]
