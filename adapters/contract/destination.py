"""What every destination must do."""

from __future__ import annotations

import dataclasses
import threading
import time
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Any, Protocol

from adapters.destinations import Accepted, Dead, Destination, Outcome, Payload, Retry, Sender, Unknown

OUTCOMES = (Accepted, Retry, Dead, Unknown)


class Receiver(Protocol):
    """The far end, as a test runs it."""

    settings: Any
    """Settings of the destination that lead to it."""

    def taken(self) -> list[tuple[str, bytes]]:
        """What it holds: for each thing taken, the key that it was recognised by, and its body."""


class DestinationContract(ABC):
    """Subclass it, name the `destination`, and say how a test makes its far end."""

    destination: Destination
    payload = Payload(body=b'{"resourceType":"Bundle"}', format="fhir", media_type="application/json", suffix=".json")

    @abstractmethod
    def receiver(self, tmp_path: Any) -> AbstractContextManager[Receiver]:
        """A far end that takes everything, for as long as the context is open."""

    @abstractmethod
    def unreachable(self, tmp_path: Any) -> Any:
        """Settings that lead nowhere."""

    def test_it_has_a_name_and_settings_that_are_a_dataclass(self) -> None:
        assert self.destination.name.isidentifier()
        assert dataclasses.is_dataclass(self.destination.settings)

    def test_what_is_sent_arrives_as_it_is_with_its_key(self, tmp_path: Any) -> None:
        with self.receiver(tmp_path) as receiver:
            assert isinstance(self._send(receiver.settings, "key-1"), Accepted)
            assert [(key, body) for key, body in receiver.taken() if key == "key-1"] == [("key-1", self.payload.body)]

    def test_the_same_key_twice_can_be_recognised(self, tmp_path: Any) -> None:
        with self.receiver(tmp_path) as receiver:
            self._send(receiver.settings, "key-1")
            assert isinstance(self._send(receiver.settings, "key-1"), Accepted)
            assert {key for key, _ in receiver.taken()} == {"key-1"}

    def test_several_threads_may_send_at_once(self, tmp_path: Any) -> None:
        with self.receiver(tmp_path) as receiver:
            sender = self.destination.open(receiver.settings)
            outcomes: list[Outcome] = []
            threads = [
                threading.Thread(target=lambda key=key: outcomes.append(sender.send(self.payload, key, 10.0)))
                for key in ("key-1", "key-2", "key-3", "key-4")
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            sender.close()
            assert [type(outcome) for outcome in outcomes] == [Accepted] * 4
            assert {key for key, _ in receiver.taken()} == {"key-1", "key-2", "key-3", "key-4"}

    def test_a_receiver_that_is_not_there_is_an_outcome_and_no_exception(self, tmp_path: Any) -> None:
        began = time.monotonic()
        outcome = self._send(self.unreachable(tmp_path), "key-1", deadline=2.0)
        assert isinstance(outcome, (Retry, Unknown))
        assert time.monotonic() - began < 4.0

    def _send(self, settings: Any, key: str, deadline: float = 10.0) -> Outcome:
        sender: Sender = self.destination.open(settings)
        try:
            outcome = sender.send(self.payload, key, deadline)
        finally:
            sender.close()
        assert isinstance(outcome, OUTCOMES)
        return outcome
