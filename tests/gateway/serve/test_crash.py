"""kill -9 under load: nothing acknowledged is lost, the hub gets each notification, and in order per patient."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from adapters.mllp import Client, NoAnswerError
from adapters.receivers import Hub, hub
from tests.gateway.harness import adt, client, free_port, serving, wait_for

ROUNDS = 20
SENDERS = 8
PACE = 0.2
"""Seconds between a sender's messages: what is being killed is meant to be at work, not to be behind."""
PATIENTS = 4
"""Patients of each sender."""


def configure(folder: Path, port: int, url: str) -> None:
    (folder / "gateway.yaml").write_text(
        f"""
tenant: {{salt: crash-test}}
work: {{processes: 1}}
channels:
  adt: {{transport: mllp, listen: {{port: {port}}}, format: hl7v2}}
destinations:
  hub:
    type: fhir_messaging
    to: {{url: "{url}/fhir", private_hosts: [127.0.0.1]}}
    as: alerts@1.1.0
    retry: {{first: 50ms, most: 200ms}}
routes:
- {{name: everybody, when: {{event: [A01, A03]}}, to: [hub]}}
"""
    )


@dataclass
class Feed:
    """A hospital that waits for each answer, and sends again what was not answered."""

    port: int
    number: int
    stop: threading.Event
    sent: list[tuple[str, str]] = field(default_factory=list)
    """(patient, control id) in the order of their first sending."""
    acknowledged: set[str] = field(default_factory=set)
    refused: int = 0

    def run(self) -> None:
        connection: Client = client(self.port)
        count = 0
        while not self.stop.is_set():
            count += 1
            number = self.number * 100_000 + count
            patient = f"{self.number}-{count % PATIENTS}"
            message = adt(number, "A01" if count % 3 else "A03", patient, disposition="01", minute=count % 700)
            self.sent.append((patient, f"MSG{number:06}"))
            while not self._answered(connection, message, f"MSG{number:06}") and not self.stop.is_set():
                time.sleep(0.02)
            time.sleep(PACE)
        connection.close()

    def _answered(self, connection: Client, message: bytes, control_id: str) -> bool:
        try:
            answer = connection.exchange(message, 5.0)
        except (OSError, NoAnswerError):
            return False
        if b"MSA|AA|" + control_id.encode() not in answer:
            self.refused += 1
            return False
        self.acknowledged.add(control_id)
        return True


def test_nothing_acknowledged_is_lost_in_twenty_kills(tmp_path: Path) -> None:
    port, chance = free_port(), random.Random(20)
    with hub() as here:
        configure(tmp_path, port, here.url)
        stop = threading.Event()
        feeds = [Feed(port, number, stop) for number in range(SENDERS)]
        threads = [threading.Thread(target=feed.run) for feed in feeds]
        for thread in threads:
            thread.start()
        for number in range(ROUNDS):
            with serving(tmp_path) as running:
                if number % 2:  # in the middle of delivering; else in the middle of taking in
                    wait_for(partial(_more_than, here, len(here.requests)), 60.0, "a delivery")
                    time.sleep(chance.uniform(0.0, 0.2))
                else:
                    time.sleep(chance.uniform(0.2, 0.9))
                running.kill()
        with serving(tmp_path) as running:
            time.sleep(0.5)
            stop.set()
            for thread in threads:
                thread.join()
            acknowledged = set().union(*(feed.acknowledged for feed in feeds))
            wait_for(lambda: acknowledged <= {name for name, _ in received(here)}, 120.0, "the delivery of everything")
            assert running.terminate() == 0
        judge(feeds, here, acknowledged)


def _more_than(here: Hub, count: int) -> bool:
    return len(here.requests) > count


def received(here: Hub) -> list[tuple[str, str]]:
    """(control id, key) of everything the hub got, in its order."""
    return [
        (json.loads(request.body)["identifier"]["value"], request.headers["idempotency-key"].strip('"'))
        for request in list(here.requests)
    ]


def judge(feeds: list[Feed], here: Hub, acknowledged: set[str]) -> None:
    got = received(here)
    keys = defaultdict(set)
    for name, key in got:
        keys[name].add(key)
    first = {name: place for place, name in reversed(list(enumerate(name for name, _ in got)))}
    disorder = 0
    for feed in feeds:
        for patient in {one for one, _ in feed.sent}:
            places = [first[name] for one, name in feed.sent if one == patient and name in first]
            disorder += places != sorted(places)
    times = Counter(name for name, _ in got)
    print(
        f"\nsent {sum(len(feed.sent) for feed in feeds)}, acknowledged {len(acknowledged)}, "
        f"hub got {len(times)} in {len(got)} requests ({len(got) - len(times)} repeated), "
        f"lost {len(acknowledged - set(times))}, patients out of order {disorder}, "
        f"refused {sum(feed.refused for feed in feeds)}"
    )
    assert len(acknowledged) > 200
    assert acknowledged <= set(times)
    assert all(len(found) == 1 for found in keys.values()), "a repeated delivery carries the same key"
    assert len({next(iter(found)) for found in keys.values()}) == len(keys), "no two messages share a key"
    assert disorder == 0
