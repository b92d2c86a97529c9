"""What every transport must do."""

from __future__ import annotations

import dataclasses
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from adapters.transports import Answer, Listener, Received, Transport


class Wire(Protocol):
    """The sender's side, as a test drives it."""

    def send(self, body: bytes) -> None: ...

    def taken(self, body: bytes, within: float) -> bool:
        """True once the sender knows that `body` was taken; False when it still doesn't after `within` seconds."""

    def close(self) -> None: ...


class _Inbox:
    """Keeps what comes in, and the answers that are owed."""

    def __init__(self, *replies: bytes | None) -> None:
        self.bodies: list[bytes] = []
        self.owed: list[Answer] = []
        self._replies = replies
        self._handed = threading.Event()

    def receive(self, received: Received, answer: Answer) -> None:
        self.bodies.append(received.body)
        if self._replies:
            answer(self._replies[0])
        else:
            self.owed.append(answer)
        self._handed.set()

    def wait(self) -> None:
        assert self._handed.wait(10.0), "nothing was handed over"


class TransportContract(ABC):
    """Subclass it, name the `transport`, and say how a test speaks to it."""

    transport: Transport
    bodies = (b"first", b"second", b"third")

    @abstractmethod
    def settings(self, tmp_path: Any) -> Any:
        """Settings for a listener of this test alone."""

    @abstractmethod
    def wire(self, listener: Listener, tmp_path: Any) -> Wire:
        """A sender to that listener."""

    def test_it_has_a_name_and_settings_that_are_a_dataclass(self) -> None:
        assert self.transport.name.isidentifier()
        assert dataclasses.is_dataclass(self.transport.settings)

    def test_what_is_sent_comes_in_whole_and_is_answered_when_taken(self, tmp_path: Any) -> None:
        inbox = _Inbox(b"taken")
        with self._open(tmp_path, inbox) as (_, wire):
            for body in self.bodies:
                wire.send(body)
                assert wire.taken(body, 10.0)
        assert inbox.bodies == list(self.bodies)

    def test_nothing_is_taken_before_the_answer(self, tmp_path: Any) -> None:
        inbox = _Inbox()
        with self._open(tmp_path, inbox) as (_, wire):
            wire.send(self.bodies[0])
            inbox.wait()
            assert not wire.taken(self.bodies[0], 0.3)
            inbox.owed[0](b"taken")
            assert wire.taken(self.bodies[0], 10.0)

    def test_a_refusal_leaves_the_sender_to_send_again(self, tmp_path: Any) -> None:
        inbox = _Inbox(None)
        with self._open(tmp_path, inbox) as (_, wire):
            wire.send(self.bodies[0])
            inbox.wait()
            assert not wire.taken(self.bodies[0], 0.3)

    def test_closing_waits_for_what_was_handed_over(self, tmp_path: Any) -> None:
        inbox = _Inbox()
        with self._open(tmp_path, inbox) as (listener, wire):
            wire.send(self.bodies[0])
            inbox.wait()
            closing = threading.Thread(target=listener.close, args=(10.0,))
            closing.start()
            inbox.owed[0](b"taken")
            closing.join(10.0)
            assert not closing.is_alive()
            assert wire.taken(self.bodies[0], 5.0)

    def test_closing_twice_and_answering_late_are_harmless(self, tmp_path: Any) -> None:
        inbox = _Inbox()
        with self._open(tmp_path, inbox) as (listener, wire):
            wire.send(self.bodies[0])
            inbox.wait()
            listener.close(0.1)
            listener.close(0.1)
            inbox.owed[0](b"late")

    @contextmanager
    def _open(self, tmp_path: Any, inbox: _Inbox) -> Iterator[tuple[Listener, Wire]]:
        listener = self.transport.open(self.settings(tmp_path), inbox.receive)
        wire = self.wire(listener, tmp_path)
        try:
            yield listener, wire
        finally:
            wire.close()
            listener.close(5.0)
