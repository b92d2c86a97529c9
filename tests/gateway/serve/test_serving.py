"""The gateway as a process: what it takes, how it stops, what it says, and that it goes on by new settings."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from adapters.mllp import NoAnswerError, frame
from adapters.receivers import Hub, Reply, hub
from gateway.cli import main
from tests.gateway.harness import Running, adt, client, free_port, in_threads, serving, wait_for


def configure(folder: Path, port: int, url: str, **changes: str) -> None:
    parts = {
        "channel": "",
        "route": "{name: home, when: {event: [A01, A03], outreach: {not: STOP}}, to: [hub]}",
        "destination": "",
        "more": "",
    } | changes
    (folder / "gateway.yaml").write_text(
        f"""
tenant: {{salt: serving-test}}
work: {{processes: 1}}
channels:
  adt: {{transport: mllp, listen: {{port: {port}}}, format: hl7v2{parts["channel"]}}}
destinations:
  hub:
    type: fhir_messaging
    to: {{url: "{url}/fhir", private_hosts: [127.0.0.1]}}
    as: alerts@1.1.0
    retry: {{first: 50ms, most: 200ms}}
{parts["destination"]}
routes:
- {{name: everybody, when: {{event: [A01, A03]}}, to: [hub]}}
- {{name: death, when: {{outreach: STOP}}, stop: [hub, cbo]}}
{parts["more"]}
"""
    )


def command(folder: Path, *words: str) -> str:
    """An operator's command, run in this process: a new one for each look would be most of a test's time."""
    done = CliRunner().invoke(main, [*words, "--config", str(folder / "gateway.yaml")], catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    return done.stdout


def listed(folder: Path, *words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in command(folder, *words, "--json").splitlines()]


def sent(port: int, *messages: bytes) -> list[str]:
    """MSA-1 of each answer."""
    sender = client(port)
    answers = [sender.exchange(message, 10.0) for message in messages]
    sender.close()
    return [re.findall(rb"MSA\|(\w+)", answer)[0].decode() for answer in answers]


def names(here: Hub) -> list[str]:
    return [json.loads(request.body)["identifier"]["value"] for request in list(here.requests)]


def test_an_admission_and_a_discharge_reach_the_hub_and_a_death_does_not(tmp_path: Path) -> None:
    port = free_port()
    with hub() as here:
        configure(tmp_path, port, here.url)
        with serving(tmp_path) as running:
            home, death = adt(2, "A03", disposition="01"), adt(3, "A03", "200", disposition="20")
            assert sent(port, adt(1), home, death, adt(4, "A08")) == ["AA"] * 4
            wait_for(lambda: len(listed(tmp_path, "messages", "--state", "routed")) == 4, 30.0)
            wait_for(lambda: names(here) == ["MSG000001", "MSG000002"])
            assert "it answers" in command(tmp_path, "alive")
            assert running.terminate() == 0
        assert CliRunner().invoke(main, ["alive", "--config", str(tmp_path / "gateway.yaml")]).exit_code == 1
        assert [one["state"] for one in listed(tmp_path, "deliveries")] == ["delivered"] * 2
        (tmp_path / "death.hl7").write_bytes(death)
        told = command(tmp_path, "routes", "explain", str(tmp_path / "death.hl7"))
        assert "hub: nothing: stopped by death" in told


def test_sigterm_answers_what_was_taken_and_nothing_else(tmp_path: Path) -> None:
    """Senders in full flight: each answered message is in the store, each unanswered one may be sent again."""
    port = free_port()
    answered: list[set[str]] = [set() for _ in range(6)]
    with hub() as here:
        configure(tmp_path, port, here.url)
        with serving(tmp_path) as running:
            half = socket.create_connection(("127.0.0.1", port))
            half.sendall(b"\x0b" + adt(999_999)[:200])
            stop = threading.Event()

            def feed(number: int) -> None:
                sender = client(port)
                count = number * 1000
                while not stop.is_set():
                    count += 1
                    try:
                        answer = sender.exchange(adt(count, patient=f"p{number}"), 5.0)
                    except (OSError, NoAnswerError):
                        return
                    if b"MSA|AA" in answer:
                        answered[number].add(f"MSG{count:06}")

            feeding = threading.Thread(target=in_threads, args=(6, feed))
            feeding.start()
            time.sleep(0.5)
            assert running.terminate() == 0
            stop.set()
            feeding.join()
            half.settimeout(2)
            assert half.recv(100) == b""
            half.close()
        kept = {one["control_id"] for one in listed(tmp_path, "messages", "--limit", "100000")}
    everything = set().union(*answered)
    print(f"\nanswered {len(everything)}, kept {len(kept)}")
    assert len(everything) > 20
    assert everything <= kept
    assert "MSG999999" not in kept


@pytest.mark.parametrize(
    ("mode", "message", "expected", "state"),
    [
        ("", adt(1, "A03"), "AA", "routed"),
        (", acknowledge: validated, accept: [adt-cms-enotification]", adt(1, "A03"), "AE", "quarantined"),
        (", acknowledge: validated, accept: [adt-cms-enotification]", adt(1, "A03", disposition="01"), "AA", "routed"),
        (", accept: [adt-cms-enotification]", adt(1, "A03"), "AA", "quarantined"),
        (", processing_ids: [T]", adt(1), "AR", "quarantined"),
        ("", adt(1).replace(b"|P|2.5.1", b"|P|2.5.1|||AL|NE"), "CA", "routed"),
        ("", adt(1, "A99"), "AR", "quarantined"),
    ],
)
def test_the_acknowledgement_is_what_the_channel_promises(
    tmp_path: Path, mode: str, message: bytes, expected: str, state: str
) -> None:
    port = free_port()
    with hub() as here:
        configure(tmp_path, port, here.url, channel=mode)
        with serving(tmp_path):
            assert sent(port, message) == [expected]
            wait_for(lambda: listed(tmp_path, "messages")[0]["state"] == state, 30.0, state)


def test_the_same_message_twice_is_one_and_gets_its_first_answer_again(tmp_path: Path) -> None:
    port = free_port()
    with hub() as here:
        configure(tmp_path, port, here.url)
        with serving(tmp_path):
            sender = client(port)
            first, second = (sender.exchange(adt(1), 10.0) for _ in range(2))
            changed = sender.exchange(adt(1, name="Other^Name"), 10.0)
            sender.close()
            assert first == second
            assert b"GW-0004" in changed
            kept = wait_for(lambda: [one for one in listed(tmp_path, "messages") if one["state"] == "routed"])
            wait_for(lambda: len(names(here)) == 2)
            assert sorted(one["repeats"] for one in listed(tmp_path, "messages")) == [0, 1], kept


def test_new_settings_are_taken_and_wrong_ones_are_not(tmp_path: Path) -> None:
    port, other = free_port(), free_port()
    with hub() as here, hub() as there:
        configure(tmp_path, port, here.url)
        with serving(tmp_path) as running:
            sent(port, adt(1))
            wait_for(lambda: names(here) == ["MSG000001"], 30.0)
            _reloaded(running, "channels: [", "settings refused")
            assert sent(port, adt(2)) == ["AA"]
            wait_for(lambda: names(here) == ["MSG000001", "MSG000002"], 30.0)
            configure(tmp_path, other, there.url)
            _reloaded(running, (tmp_path / "gateway.yaml").read_text(), '"reloaded"')
            assert sent(other, adt(3)) == ["AA"]
            wait_for(lambda: names(there) == ["MSG000003"], 30.0)
            with pytest.raises(OSError, match="refused"):
                sent(port, adt(4))
            assert running.terminate() == 0


def _reloaded(running: Running, text: str, event: str) -> None:
    (running.folder / "gateway.yaml").write_text(text)
    before = running.log.read_text().count(event)
    running.process.send_signal(signal.SIGHUP)
    wait_for(lambda: running.log.read_text().count(event) > before, 10.0, event)


def test_an_operator_sends_again_and_replays_while_the_gateway_runs(tmp_path: Path) -> None:
    refuse = True
    with hub(lambda _: Reply(422 if refuse else 200)) as here:
        port = free_port()
        configure(tmp_path, port, here.url)
        with serving(tmp_path):
            sent(port, *(adt(number, patient=f"p{number % 2}") for number in range(1, 7)))
            wait_for(lambda: len(listed(tmp_path, "deliveries", "--state", "dead")) == 6, 30.0)
            told = command(tmp_path, "deliveries", "show", listed(tmp_path, "deliveries")[0]["id"])
            assert re.search(r"attempt 1 .* dead  NET-0108", told)
            here.requests.clear()
            refuse = False
            assert "6 deliveries are queued" in command(tmp_path, "deliveries", "resend", "--state", "dead")
            wait_for(lambda: len(here.requests) == 6)
            keys = set(here.keys())
            here.requests.clear()
            patient = listed(tmp_path, "messages")[0]["person"]
            assert "3 messages" in command(tmp_path, "replay", "--patient", patient)
            wait_for(lambda: len(here.requests) == 3)
            assert names(here) == sorted(names(here))
            assert set(here.keys()) < keys
            here.requests.clear()
            assert "6 messages" in command(tmp_path, "replay", "--channel", "adt", "--as-new")
            wait_for(lambda: len(here.requests) == 6)
            assert not set(here.keys()) & keys
            assert "bytes" in command(tmp_path, "backup", str(tmp_path / "copy.db"))


@pytest.mark.parametrize("status", [429, 500, 410])
def test_a_hub_in_trouble_is_waited_for_or_switched_off(tmp_path: Path, status: int) -> None:
    trouble = True
    with hub(lambda _: Reply(status, {"Retry-After": "0"}) if trouble else Reply()) as here:
        port = free_port()
        configure(tmp_path, port, here.url)
        with serving(tmp_path) as running:
            sent(port, *(adt(number, patient=f"p{number}") for number in range(1, 4)))
            wait_for(lambda: here.requests, 30.0)
            if status == 410:
                wait_for(lambda: any(line["event"] == "destination switched off" for line in running.lines()))
                trouble = False
                assert "hub is on again" in command(tmp_path, "deliveries", "resume", "hub")
                command(tmp_path, "deliveries", "resend", "--state", "dead") if listed(
                    tmp_path, "deliveries", "--state", "dead"
                ) else None
            else:
                time.sleep(0.3)
                trouble = False
            wait_for(
                lambda: [one["state"] for one in listed(tmp_path, "deliveries")] == ["delivered"] * 3, 30.0, "delivery"
            )


def test_a_listener_beyond_loopback_needs_tls_or_the_operators_word(tmp_path: Path) -> None:
    configure(tmp_path, free_port(), "http://127.0.0.1:1")
    text = (tmp_path / "gateway.yaml").read_text()
    (tmp_path / "gateway.yaml").write_text(text.replace("listen: {port", "listen: {host: 0.0.0.0, port"))
    done = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "serve", "--config", str(tmp_path / "gateway.yaml")],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "--insecure-bind" in done.stderr


def test_pipelined_frames_over_one_socket_are_each_answered_in_order(tmp_path: Path) -> None:
    port = free_port()
    with hub() as here:
        configure(tmp_path, port, here.url)
        with serving(tmp_path), socket.create_connection(("127.0.0.1", port), timeout=10) as sender:
            sender.sendall(b"".join(frame(adt(number)) for number in range(1, 41)))
            heard = b""
            while heard.count(b"\x1c\r") < 40:
                heard += sender.recv(65536)
        told = re.findall(rb"MSA\|AA\|(MSG\d+)", heard)
        assert told == [b"MSG%06d" % number for number in range(1, 41)]
