"""Messages over HTTP: handed over, seen, set aside, done again."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway.web.routes.paging import after, cursor_of
from tests.gateway.web.small import ADT, MESSAGE, PATIENT, Small

SEND = "/api/v1/channels/adt/messages"
HL7 = {"content_type": "application/hl7-v2"}
FHIR = {"content_type": "application/fhir+json"}


def _numbered(number: int) -> bytes:
    return ADT.replace(b"RG-20260312-000417", b"RG-%06d" % number)


def test_a_message_is_stored_and_gets_its_acknowledgement(client: FlaskClient, small: Small) -> None:
    answer = client.post(SEND, data=ADT, **HL7)
    assert answer.status_code == 202
    assert answer.content_type == "application/hl7-v2"
    assert b"MSA|CA|RG-20260312-000417" in answer.data
    stored = small.message(answer.headers["Message-Id"])
    assert stored is not None
    assert stored.body == ADT
    assert answer.headers["Location"] == f"/api/v1/messages/{stored.id}"
    assert client.get(answer.headers["Location"]).json["state"] == "received"  # type: ignore[index]


def test_the_same_message_again_is_the_same_message(client: FlaskClient) -> None:
    first, second = client.post(SEND, data=ADT, **HL7), client.post(SEND, data=ADT, **HL7)
    assert first.headers["Message-Id"] == second.headers["Message-Id"]
    assert client.get("/api/v1/messages").json["items"][0]["repeats"] == 1  # type: ignore[index]


def test_what_is_refused_at_the_door_is_said_and_kept(client: FlaskClient) -> None:
    answer = client.post(SEND, data=b"MSH|^~\\&|A|B|||20260101||ADT^A03||P|2.5.1\rPID|||1\r", **HL7)
    assert answer.status_code == 202
    assert b"\rMSA|AE\r" in answer.data
    (kept,) = client.get("/api/v1/messages").json["items"]  # type: ignore[index]
    assert any(one["severity"] == "error" for one in kept["issues"])


def test_a_batch_gets_an_acknowledgement_for_each_message(client: FlaskClient) -> None:
    batch = b"BHS|^~\\&|A\r" + _numbered(1) + _numbered(2) + b"BTS|2\r"
    answer = client.post(SEND, data=batch, **HL7)
    assert answer.status_code == 202
    assert [number for number in (b"RG-000001", b"RG-000002") if number in answer.data] == [b"RG-000001", b"RG-000002"]
    assert len(client.get("/api/v1/messages").json["items"]) == 2  # type: ignore[index]


def test_other_formats_get_a_receipt(client: FlaskClient) -> None:
    answer = client.post("/api/v1/channels/resources/messages", data=PATIENT, **FHIR)
    assert answer.status_code == 202
    receipt: Any = answer.json
    assert receipt["messages"][0] == {"id": receipt["id"], "accepted": True, "repeated": False, "issues": []}


@pytest.mark.parametrize(
    ("path", "content_type", "status"),
    [
        (SEND, "application/fhir+json", 415),
        (SEND, "text/plain", 415),
        ("/api/v1/channels/resources/messages", "application/hl7-v2", 415),
        ("/api/v1/channels/nobody/messages", "application/hl7-v2", 404),
    ],
)
def test_a_channel_takes_its_own_format_only(client: FlaskClient, path: str, content_type: str, status: int) -> None:
    assert client.post(path, data=ADT, content_type=content_type).status_code == status
    assert client.get("/api/v1/messages").json["items"] == []  # type: ignore[index]


def test_what_is_larger_than_the_channel_takes_is_not_stored(client: FlaskClient) -> None:
    answer = client.post(SEND, data=ADT + b"NTE|1||" + b"x" * 20000 + b"\r", **HL7)
    assert answer.status_code == 413
    assert answer.json["issues"][0]["code"] == "HTTP-0006"  # type: ignore[index]
    assert client.get("/api/v1/messages").json["items"] == []  # type: ignore[index]


def test_nothing_is_acknowledged_when_the_store_fails(broken: Small, client: FlaskClient) -> None:
    answer = client.post(SEND, data=ADT, **HL7)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert b"MSA" not in answer.data


def test_pages_hold_each_message_once_while_new_ones_come(client: FlaskClient) -> None:
    for number in range(7):
        client.post(SEND, data=_numbered(number), **HL7)
    seen: list[str] = []
    page: Any = client.get("/api/v1/messages?limit=3").json
    while True:
        seen += [one["control_id"] for one in page["items"]]
        if page["next"] is None:
            break
        client.post(SEND, data=_numbered(100 + len(seen)), **HL7)
        page = client.get("/api/v1/messages", query_string={"limit": 3, "cursor": page["next"]}).json
    assert seen == [f"RG-{number:06}" for number in reversed(range(7))]


@pytest.mark.parametrize("cursor", ["", "x", "c3g=", "czA=x", "cy0x", "s1", "czAx", "é"])
def test_a_cursor_that_is_not_ours_is_refused(client: FlaskClient, cursor: str) -> None:
    assert client.get("/api/v1/messages", query_string={"cursor": cursor}).status_code == 400


def test_cursors_come_back() -> None:
    assert [after(cursor_of(seq)) for seq in (1, 9, 10**12)] == [1, 9, 10**12]
    assert after(None) == 0


def test_lists_are_narrowed(client: FlaskClient, small: Small) -> None:
    client.post(SEND, data=_numbered(1), **HL7)
    small.work("hub")
    client.post(SEND, data=_numbered(2), **HL7)
    small.work()
    client.post("/api/v1/channels/resources/messages", data=MESSAGE, **FHIR)

    def found(query: str) -> int:
        return len(client.get(f"/api/v1/messages?{query}").json["items"])  # type: ignore[index]

    assert found("") == 3
    assert found("state=routed") == 1
    assert found("channel=resources") == 1
    assert found("person=6a1d3c1e-0000-5000-8000-000000000001") == 2
    assert found("since=2026-03-01T00:00:00Z") == 3
    assert found("before=2026-03-01T00:00:00Z") == 0
    (set_aside,) = client.get("/api/v1/quarantine").json["items"]  # type: ignore[index]
    assert (set_aside["reason"], set_aside["control_id"]) == ("GW-0103", "RG-000002")


def test_deliveries_are_listed_and_shown(client: FlaskClient, small: Small) -> None:
    message = client.post(SEND, data=ADT, **HL7).headers["Message-Id"]
    small.work("hub", "cbo")
    listed: Any = client.get("/api/v1/deliveries?destination=cbo").json
    (one,) = listed["items"]
    assert (one["message"], one["state"], one["attempts"]) == (message, "queued", 0)
    shown: Any = client.get(f"/api/v1/deliveries/{one['id']}").json
    assert {**one, "history": [], "issues": []} == shown
    assert len(client.get(f"/api/v1/deliveries?message={message}&limit=1").json["items"]) == 1  # type: ignore[index]
    assert client.get("/api/v1/deliveries/nobody").status_code == 404
    assert client.get("/api/v1/messages/nobody").status_code == 404


def test_messages_are_worked_again(client: FlaskClient, small: Small) -> None:
    for number in range(3):
        client.post(SEND, data=_numbered(number), **HL7)
    small.work()
    answer = client.post("/api/v1/replay", json={"messages": {"state": "quarantined"}, "as_new": True})
    assert (answer.status_code, answer.json) == (202, {"count": 3})
    again: Any = client.get("/api/v1/messages?state=received").json
    assert [one["generation"] for one in again["items"]] == [1, 1, 1]


def test_deliveries_are_sent_again(client: FlaskClient, small: Small) -> None:
    client.post(SEND, data=ADT, **HL7)
    small.work("hub")
    answer = client.post("/api/v1/replay", json={"deliveries": {"destination": "hub", "state": "dead"}})
    assert (answer.status_code, answer.json) == (202, {"count": 0})


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"messages": {}},
        {"messages": {"state": "received"}},
        {"messages": {"since": "2026-03-01T00:00:00"}},
        {"messages": {"ids": []}},
        {"messages": {"channel": "a"}, "deliveries": {"destination": "b"}},
        {"messages": {"Doe^Jane": 1}},
        [],
        "x",
    ],
)
def test_a_replay_says_which_ones(client: FlaskClient, body: Any) -> None:
    answer = client.post("/api/v1/replay", json=body)
    assert answer.status_code == 400
    assert "Doe" not in answer.text


def test_a_replay_of_everything_is_told_what_to_say(client: FlaskClient) -> None:
    assert "at least one condition is needed" in client.post("/api/v1/replay", json={"messages": {}}).text
