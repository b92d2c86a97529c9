"""A thousand people go through; none of their names or numbers gets into a log, a metric, a URL, a header or the name
of a file, whatever goes wrong with them on the way."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.request
from pathlib import Path

from adapters.mllp import NoAnswerError
from adapters.receivers import Reply, Request, hub
from tests.gateway.harness import adt, client, free_port, in_threads, serving, wait_for

COUNT = 1000
SENDERS = 8


def canary(number: int) -> tuple[str, str]:
    """A family name and an identifier that are found nowhere else."""
    letters = "".join("QWXZKVJYGB"[int(digit)] for digit in f"{number:04}")
    return f"Canary{letters}", f"CNR{number:04}77"


def spoilt(number: int) -> bytes:
    """Every way of going wrong in turn: events, characters, truncation, a name where none belongs."""
    family, identifier = canary(number)
    message = adt(number, "A03" if number % 2 else "A01", identifier, f"{family}^Maria", disposition="01")
    match number % 9:
        case 1:
            return message.replace(b"ADT^A", b"ADT^" + family.encode() + b"^A")
        case 2:
            return message.replace(family.encode(), (family + "é").encode("cp1252"))
        case 3:
            return message[:-60]
        case 4:
            return message.replace(b"PID|1|", b"PID|" + identifier.encode() + b"|")
        case 5:
            return message.replace(b"|2.5.1\r", b"|" + family.encode() + b"\r")
        case 6:
            return message + b"ZZZ|" + family.encode() + b"\r" + family.encode() + b"\r"
        case 7:
            return message.replace(b"20261101080000-0500", family.encode())
    return message


def test_a_thousand_canaries_stay_in_the_messages(tmp_path: Path) -> None:
    port, web = free_port(), free_port()
    (tmp_path / "out").mkdir()

    def refuse(request: Request) -> Reply:
        """Every third is refused, with the payload thrown back."""
        return Reply(422, body=request.body[:2000]) if len(here.requests) % 3 == 0 else Reply()

    with hub(refuse) as here:
        (tmp_path / "gateway.yaml").write_text(
            f"""
tenant: {{salt: canary-test}}
work: {{processes: 1}}
http: {{port: {web}, keys: {{test: {{key: a-key-for-the-canary-test}}}}}}
channels:
  adt: {{transport: mllp, listen: {{port: {port}}}, format: hl7v2}}
destinations:
  hub:
    type: fhir_messaging
    to: {{url: "{here.url}/fhir", private_hosts: [127.0.0.1]}}
    as: alerts@1.1.0
    on_gap: send
  folder: {{type: files, to: {{folder: out}}, as: adt@2.5.1}}
routes:
- {{name: all, to: [hub, folder]}}
"""
        )
        with serving(tmp_path, "--log", "debug") as running:

            def feed(lane: int) -> None:
                sender = client(port)
                for number in range(lane, COUNT, SENDERS):
                    try:
                        sender.exchange(spoilt(number), 20)
                    except NoAnswerError:
                        continue
                sender.close()

            in_threads(SENDERS, feed)
            key = {"X-API-Key": "a-key-for-the-canary-test"}

            def figures() -> str:
                request = urllib.request.Request(f"http://127.0.0.1:{web}/metrics", headers=key)
                return str(urllib.request.urlopen(request, timeout=10).read(), "utf-8")

            wait_for(lambda: 'sdoh_messages{state="received"}' not in figures(), 180.0, "the work")
            wait_for(lambda: not re.search(r'state="(queued|sending)"', figures()), 60.0, "the deliveries")
            told = subprocess.run(
                [sys.executable, "-m", "gateway.cli", "messages", "--limit", "2000", "--json", "--config",
                 str(tmp_path / "gateway.yaml")], capture_output=True, text=True, check=True,
            ).stdout  # fmt: skip
            seen = [figures(), *(request.path + str(request.headers) for request in here.requests)]
            running.terminate()
        seen += [running.log.read_text(), "\n".join(file.name for file in tmp_path.rglob("*"))]
    everything = "\n".join(seen)
    canaries = [word for number in range(COUNT) for word in canary(number)]
    assert [word for word in canaries if word in everything] == []
    assert len(here.requests) > COUNT / 3, "they did go through"
    states = re.findall(r'"state": "(\w+)"', told)
    print(f"\n{len(states)} messages: { ({state: states.count(state) for state in sorted(set(states))}) }")
    assert len(states) > COUNT * 0.9
    issues = re.findall(r'"message": "([^"]*)"', told)
    assert [word for word in canaries if any(word in text for text in issues)] == []
