"""The four destinations: each keeps the contract, and every answer means what its standard says."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import standardwebhooks

from adapters.contract import DestinationContract
from adapters.destinations import Accepted, Dead, Outcome, Payload, Retry, Unknown, fhir_messaging, files, mllp, webhook
from adapters.destinations.web import WebSettings
from adapters.receivers import Hub, Reply, hub
from adapters.transports import Answer, Received
from adapters.transports.mllp import MllpListener
from adapters.transports.mllp import MllpSettings as ListenerSettings

SECRET = "whsec_" + "c2VjcmV0LW9mLXRoZS1odWItMjQrYnl0ZXM="
LOCAL = ("127.0.0.1",)
FHIR = Payload(body=b'{"resourceType":"Bundle"}', format="fhir", media_type="application/fhir+json", suffix=".json")


@dataclass
class _WebReceiver:
    settings: Any
    hub: Hub

    def taken(self) -> list[tuple[str, bytes]]:
        return [(key, request.body) for key, request in zip(self.hub.keys(), self.hub.requests, strict=True)]


class _WebContract(DestinationContract):
    @contextlib.contextmanager
    def receiver(self, tmp_path: Path) -> Iterator[_WebReceiver]:
        with hub() as here:
            yield _WebReceiver(self.at(here.url), here)

    def unreachable(self, tmp_path: Path) -> Any:
        with hub() as gone:
            return self.at(gone.url)

    def at(self, url: str) -> Any:
        return WebSettings(url=url, private_hosts=LOCAL)


class TestFhirMessaging(_WebContract):
    destination = fhir_messaging.DESTINATION


class TestWebhook(_WebContract):
    destination = webhook.DESTINATION

    def at(self, url: str) -> Any:
        return webhook.WebhookSettings(url=url, private_hosts=LOCAL, secrets=(SECRET,))


@dataclass
class _Folder:
    settings: files.FilesSettings

    def taken(self) -> list[tuple[str, bytes]]:
        return [(path.stem, path.read_bytes()) for path in self.settings.folder.iterdir()]


class TestFiles(DestinationContract):
    destination = files.DESTINATION

    @contextlib.contextmanager
    def receiver(self, tmp_path: Path) -> Iterator[_Folder]:
        yield _Folder(files.FilesSettings(folder=tmp_path))

    def unreachable(self, tmp_path: Path) -> files.FilesSettings:
        return files.FilesSettings(folder=tmp_path / "missing")


ADT = b"MSH|^~\\&|GW|US|HUB|THEM|20261101||ADT^A01|%s|P|2.5.1\rPID|1\r"


@dataclass
class _MllpReceiver:
    settings: mllp.MllpSettings
    got: list[bytes] = field(default_factory=list)

    def taken(self) -> list[tuple[str, bytes]]:
        return [(body.split(b"|")[9].decode(), body) for body in self.got]


@contextlib.contextmanager
def mllp_receiver(reply: bytes | None = b"AA", control_id: bytes | None = None) -> Iterator[_MllpReceiver]:
    got: list[bytes] = []

    def receive(received: Received, answer: Answer) -> None:
        got.append(received.body)
        mine = received.body.split(b"|")[9] if control_id is None else control_id
        if reply is None:
            answer(None)
        elif reply == b"?":
            answer(b"what?")
        elif reply:
            answer(b"MSH|^~\\&|HUB|THEM|GW|US|20261101||ACK^A01|1|P|2.5.1\rMSA|" + reply + b"|" + mine + b"\r")

    listener = MllpListener(ListenerSettings(port=0), receive)
    host, _, port = listener.address.rpartition(":")
    yield _MllpReceiver(mllp.MllpSettings(host=host, port=int(port)), got)
    listener.close(0.1)


class TestMllp(DestinationContract):
    """An MLLP message is its own key: MSH-10."""

    destination = mllp.DESTINATION

    payload = Payload(body=ADT % b"key-1", format="hl7v2", media_type="application/hl7-v2", suffix=".hl7")

    def receiver(self, tmp_path: Path) -> Any:
        return mllp_receiver()

    def unreachable(self, tmp_path: Path) -> mllp.MllpSettings:
        with mllp_receiver() as gone:
            return gone.settings

    def test_several_threads_may_send_at_once(self, tmp_path: Path) -> None:
        with mllp_receiver() as receiver:
            sender = mllp.DESTINATION.open(receiver.settings)
            outcomes: list[Outcome] = []

            def send(key: bytes) -> None:
                payload = Payload(body=ADT % key, format="hl7v2", media_type="", suffix="")
                outcomes.append(sender.send(payload, key.decode(), 10.0))

            threads = [threading.Thread(target=send, args=(b"key-%d" % n,)) for n in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            sender.close()
            assert outcomes == [Accepted()] * 8


@pytest.mark.parametrize(
    ("reply", "kind", "code"),
    [
        (Reply(200), Accepted, None), (Reply(202), Accepted, None), (Reply(204), Accepted, None),
        (Reply(307, {"Location": "http://elsewhere.example/"}), Dead, "NET-0108"),
        (Reply(400), Dead, "NET-0108"), (Reply(401), Dead, "NET-0108"), (Reply(422, body=b"why"), Dead, "NET-0108"),
        (Reply(410), Dead, "NET-0109"), (Reply(501), Dead, "NET-0108"),
        (Reply(408), Retry, "NET-0107"), (Reply(425), Retry, "NET-0107"), (Reply(429), Retry, "NET-0107"),
        (Reply(500), Retry, "NET-0107"), (Reply(503), Retry, "NET-0107"),
        (Reply(raw=b"junk\r\n\r\n"), Unknown, "NET-0106"), (Reply(raw=b""), Unknown, "NET-0105"),
        (Reply(after=2.0), Unknown, "NET-0105"),
    ],
)  # fmt: skip
def test_what_an_http_answer_means(reply: Reply, kind: type, code: str | None) -> None:
    with hub(lambda _: reply) as here:
        sender = webhook.DESTINATION.open(webhook.WebhookSettings(url=here.url, private_hosts=LOCAL, secrets=(SECRET,)))
        outcome = sender.send(FHIR, "key", 1.0)
        sender.close()
    assert isinstance(outcome, kind)
    assert (None if isinstance(outcome, Accepted) else outcome.issue.code) == code
    assert not isinstance(outcome, Dead) or outcome.gone == (reply.status == 410)


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({"Retry-After": "120"}, 120.0),
        ({"Retry-After": "Sun, 01 Nov 2026 00:02:00 GMT", "Date": "Sun, 01 Nov 2026 00:00:00 GMT"}, 120.0),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_retry_after_in_both_its_forms(headers: dict[str, str], after: float | None) -> None:
    raw = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with hub(lambda _: Reply(raw=f"HTTP/1.1 503 Busy\r\n{raw}Content-Length: 0\r\n\r\n".encode())) as here:
        sender = fhir_messaging.DESTINATION.open(WebSettings(url=here.url, private_hosts=LOCAL))
        outcome = sender.send(FHIR, "key", 1.0)
        sender.close()
    assert isinstance(outcome, Retry)
    assert outcome.after == after


@pytest.mark.parametrize(
    ("code", "kind"),
    [("ok", Accepted), ("transient-error", Retry), ("fatal-error", Dead)],
)
def test_a_response_message_says_how_the_processing_went(code: str, kind: type) -> None:
    header = {"resourceType": "MessageHeader", "response": {"identifier": "1", "code": code}}
    body = json.dumps({"resourceType": "Bundle", "type": "message", "entry": [{"resource": header}]}).encode()
    with hub(lambda _: Reply(body=body)) as here:
        sender = fhir_messaging.DESTINATION.open(WebSettings(url=f"{here.url}/fhir/", private_hosts=LOCAL))
        assert isinstance(sender.send(FHIR, "key", 5.0), kind)
        sender.close()
    assert here.requests[0].path == "/fhir/$process-message"
    assert here.requests[0].headers["content-type"] == "application/fhir+json"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b'{"resourceType":"Bundle","type":"transaction","entry":[]}', "/fhir"),
        (b'{"resourceType":"Bundle","type":"message","x":"transaction"}', "/fhir/$process-message"),
    ],
)
def test_a_transaction_goes_to_the_base_url(body: bytes, path: str) -> None:
    with hub() as here:
        sender = fhir_messaging.DESTINATION.open(WebSettings(url=f"{here.url}/fhir/", private_hosts=LOCAL))
        assert sender.send(replace(FHIR, body=body), "key", 5.0) == Accepted()
        sender.close()
    assert here.requests[0].path == path


@pytest.mark.parametrize("body", [b"", b"[]", b'{"entry":[]}', b'{"entry":[{"resource":null}]}', b"[" * 100_000])
def test_any_other_body_of_a_200_only_says_taken(body: bytes) -> None:
    with hub(lambda _: Reply(body=body)) as here:
        sender = fhir_messaging.DESTINATION.open(WebSettings(url=here.url, private_hosts=LOCAL))
        assert sender.send(FHIR, "key", 5.0) == Accepted()
        sender.close()


def test_a_webhook_is_signed_so_that_the_standards_own_library_verifies_it() -> None:
    other = "whsec_" + "YW5vdGhlci1zZWNyZXQtb2YtMjQtYnl0ZXMhIQ=="
    with hub() as here:
        settings = webhook.WebhookSettings(url=here.url, private_hosts=LOCAL, secrets=(SECRET, other))
        sender = webhook.DESTINATION.open(settings)
        sender.send(FHIR, "key-1", 5.0)
        sender.close()
    request = here.requests[0]
    for secret in (SECRET, other):
        assert standardwebhooks.Webhook(secret).verify(request.body.decode(), dict(request.headers))
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(SECRET).verify('{"changed":1}', dict(request.headers))
    assert request.headers["webhook-id"] == "key-1"


@pytest.mark.parametrize("secrets", [(), ("whsec_***",), ("whsec_c2hvcnQ=",)])
def test_a_webhook_without_a_real_secret_is_a_mistake_of_the_configuration(secrets: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="secret"):
        webhook.WebhookSettings(url="https://hub.example", secrets=secrets)


@pytest.mark.parametrize(
    ("reply", "control_id", "kind", "code"),
    [
        (b"AA", None, Accepted, None), (b"CA", None, Accepted, None),
        (b"AE", None, Retry, "NET-0202"), (b"CE", None, Retry, "NET-0202"),
        (b"AR", None, Dead, "NET-0203"), (b"CR", None, Dead, "NET-0203"),
        (b"AA", b"other", Unknown, "NET-0204"), (b"XX", None, Unknown, "NET-0106"), (b"?", None, Unknown, "NET-0106"),
        (None, None, Unknown, "NET-0201"), (b"", None, Unknown, "NET-0201"),
    ],
)  # fmt: skip
def test_what_an_acknowledgement_means(
    reply: bytes | None, control_id: bytes | None, kind: type, code: str | None
) -> None:
    with mllp_receiver(reply, control_id) as receiver:
        sender = mllp.DESTINATION.open(receiver.settings)
        outcome = sender.send(Payload(body=ADT % b"1", format="hl7v2", media_type="", suffix=""), "key", 0.5)
        sender.close()
    assert isinstance(outcome, kind)
    assert (None if isinstance(outcome, Accepted) else outcome.issue.code) == code


def test_files_are_whole_or_not_there_and_never_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"untouched")
    (tmp_path / "key.json.part").symlink_to(tmp_path / "target")
    sender = files.DESTINATION.open(files.FilesSettings(folder=tmp_path))
    assert isinstance(sender.send(FHIR, "key", 1.0), Retry)
    assert (tmp_path / "target").read_bytes() == b"untouched"
    assert not (tmp_path / "key.json").exists()
