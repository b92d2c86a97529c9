"""The HTTP side of the real gateway: its store, its workers, its destinations."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from gateway.config.plan import plan
from gateway.server import Gateway, Options
from gateway.store import Filter, Wanted
from gateway.web.live import Live
from gateway.web.services import GaveUpError, MistakeError, UnavailableError
from tests.gateway.web.small import ADT

CONFIG = """
http: {port: 0}
work: {time_limit: 1s, processes: 1}
channels:
  adt: {transport: http, format: hl7v2}
destinations:
  out: {type: files, as: fhir, to: {folder: out}}
routes:
  - {name: all, to: out}
holds: []
"""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("gateway")
    (folder / "gateway.yaml").write_text(CONFIG)
    (folder / "out").mkdir()
    read = plan(folder)
    assert read.value is not None, read.issues
    made = Gateway(read.value, Options(grace=2))
    made.start()
    yield made
    made.close()


@pytest.fixture(scope="module")
def live(gateway: Gateway) -> Iterator[Live]:
    made = Live(gateway)
    made.compute("builtins:len", "a worker that has started")
    yield made
    made.close()


def _ask(gateway: Gateway, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    assert gateway.web is not None
    connection = http.client.HTTPConnection(gateway.web.address, timeout=90)
    try:
        connection.request(method, path, body, {"Content-Type": "application/hl7-v2"} if body else {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _items(gateway: Gateway, path: str) -> list[dict[str, Any]]:
    status, body = _ask(gateway, "GET", path)
    assert status == 200
    items: list[dict[str, Any]] = json.loads(body)["items"]
    return items


def _until(gateway: Gateway, path: str, count: int) -> list[dict[str, Any]]:
    """The items of a list once it has so many."""
    until = time.monotonic() + 90
    while len(found := _items(gateway, path)) < count:
        assert time.monotonic() < until, found
        time.sleep(0.1)
    return found


def test_a_message_on_its_whole_way(gateway: Gateway) -> None:
    status, body = _ask(gateway, "POST", "/api/v1/channels/adt/messages", ADT)
    assert status == 202
    assert b"\rMSA|CA|" in body
    (delivery,) = _until(gateway, "/api/v1/deliveries?state=delivered", 1)
    (message,) = _items(gateway, "/api/v1/messages?state=routed")
    assert (delivery["message"], delivery["destination"]) == (message["id"], "out")
    status, body = _ask(gateway, "GET", f"/api/v1/deliveries/{delivery['id']}")
    assert [one["outcome"] for one in json.loads(body)["history"]] == ["accepted"]
    text = _ask(gateway, "GET", "/metrics")[1].decode()
    assert 'sdoh_messages{state="routed"} 1.0' in text
    assert 'sdoh_deliveries{destination="out",state="delivered"} 1.0' in text
    assert 'sdoh_attempts_total{destination="out",outcome="accepted"} 1.0' in text
    assert 'sdoh_destination_off{destination="out"} 0.0' in text
    assert "sdoh_ready 1.0" in text


def test_it_is_ready_once_its_workers_are(gateway: Gateway) -> None:
    until = time.monotonic() + 60
    while (answer := _ask(gateway, "GET", "/readyz")) != (200, b'{"status":"ready","reasons":[]}'):
        assert answer == (503, b'{"status":"not ready","reasons":["workers are starting"]}')
        assert time.monotonic() < until
        time.sleep(0.05)


def test_conversion_in_a_worker(gateway: Gateway) -> None:
    status, body = _ask(gateway, "POST", "/api/v1/convert?to=fhir", ADT)
    assert status == 200
    assert json.loads(body)["resourceType"] == "Bundle"
    assert _ask(gateway, "POST", "/api/v1/convert?to=fhir&map=none", ADT)[0] == 400


def test_doing_things_again(live: Live) -> None:
    assert live.replay(Filter(channel="nobody"), as_new=False) == 0
    assert live.resend(Wanted(destination="nobody")) == 0


def test_work_is_stopped_after_its_time(live: Live) -> None:
    began = time.monotonic()
    with pytest.raises(GaveUpError):
        live.compute("time:sleep", 30)
    assert time.monotonic() - began < 20
    assert live.compute("builtins:len", "again") == 5


def test_a_mistake_in_a_worker_is_named_by_its_place(live: Live) -> None:
    with pytest.raises(MistakeError, match="ValueError") as raised:
        live.compute("builtins:int", "Doe^Jane")
    assert "Doe" not in str(raised.value)


def test_too_many_at_once_are_told_to_come_back(live: Live) -> None:
    refused: list[int] = []

    def ask() -> None:
        try:
            live.compute("time:sleep", 0.3)
        except UnavailableError:
            refused.append(1)

    asking = [threading.Thread(target=ask) for _ in range(8)]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert len(refused) == 4


def test_nothing_is_taken_while_the_gateway_can_not_keep_it(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "problems", lambda: ["the disk is full"])
    status, _ = _ask(gateway, "POST", "/api/v1/channels/adt/messages", ADT)
    assert status == 503
    assert _ask(gateway, "GET", "/readyz")[0] == 503
