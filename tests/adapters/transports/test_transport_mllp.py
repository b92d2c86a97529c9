"""The MLLP server against senders that misbehave: bounded, and others are served meanwhile."""

from __future__ import annotations

import contextlib
import queue
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.contract import TransportContract
from adapters.mllp import Client, NoAnswerError, frame
from adapters.transports import Answer, Listener, Received
from adapters.transports.mllp import TRANSPORT, MllpListener, MllpSettings


def echo(received: Received, answer: Answer) -> None:
    answer(b"ACK " + received.body)


@contextlib.contextmanager
def listening(receive: Any = echo, **settings: Any) -> Iterator[MllpListener]:
    listener = MllpListener(MllpSettings(port=0, **settings), receive)
    try:
        yield listener
    finally:
        listener.close(2.0)


OPEN: list[socket.socket | Client] = []


@pytest.fixture(autouse=True)
def _closed_after() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def connected(listener: Listener) -> socket.socket:
    host, _, port = listener.address.rpartition(":")
    OPEN.append(connection := socket.create_connection((host, int(port)), timeout=10))
    return connection


def client(listener: Listener) -> Client:
    host, _, port = listener.address.rpartition(":")
    OPEN.append(sender := Client(host=host, port=int(port)))
    return sender


def until_closed(connection: socket.socket) -> bytes:
    heard = b""
    with contextlib.suppress(ConnectionResetError):
        while data := connection.recv(65536):
            heard += data
    return heard


class _MllpWire:
    def __init__(self, listener: Listener) -> None:
        self._connection = connected(listener)

    def send(self, body: bytes) -> None:
        self._connection.sendall(frame(body))

    def taken(self, body: bytes, within: float) -> bool:
        self._connection.settimeout(within)
        try:
            return b"taken" in self._connection.recv(65536)
        except OSError:
            return False

    def close(self) -> None:
        self._connection.close()


class TestContract(TransportContract):
    transport = TRANSPORT

    def settings(self, tmp_path: Any) -> MllpSettings:
        return MllpSettings(port=0)

    def wire(self, listener: Listener, tmp_path: Any) -> _MllpWire:
        return _MllpWire(listener)


def test_it_serves_the_same_where_uvloop_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    with listening() as listener:
        connection = connected(listener)
        connection.sendall(b"".join(frame(b"%d" % number) for number in range(3)))
        connection.shutdown(socket.SHUT_WR)
        assert until_closed(connection) == b"".join(frame(b"ACK %d" % number) for number in range(3))


def test_pipelined_frames_are_answered_in_their_order_though_finished_in_another() -> None:
    waiting: queue.Queue[tuple[Received, Answer]] = queue.Queue()
    with listening(lambda received, answer: waiting.put((received, answer))) as listener:
        connection = connected(listener)
        connection.sendall(frame(b"one") + frame(b"two") + frame(b"three"))
        handed = [waiting.get(timeout=5) for _ in range(3)]
        for received, answer in reversed(handed):
            answer(received.body.upper())
        expected = frame(b"ONE") + frame(b"TWO") + frame(b"THREE")
        heard = b""
        while len(heard) < len(expected):
            heard += connection.recv(1000)
        assert heard == expected


def test_a_sender_that_never_reads_or_stops_is_held_back() -> None:
    """With 4 unanswered frames allowed, the server stops reading; memory doesn't grow with what the sender pushes."""
    held: list[Answer] = []
    with listening(lambda _, answer: held.append(answer), max_unanswered=4) as listener:
        connection = connected(listener)
        connection.settimeout(0.5)
        with pytest.raises(TimeoutError):
            connection.sendall(frame(b"x" * 10_000) * 3_000)
        assert len(held) < 100


def test_a_frame_that_never_ends_is_cut_in_time_and_the_others_are_served() -> None:
    with listening(frame_timeout=0.4) as listener:
        slow = connected(listener)
        stop = threading.Event()

        def drip() -> None:
            with contextlib.suppress(OSError):
                slow.sendall(b"\x0b")
                while not stop.wait(0.1):
                    slow.sendall(b"x")

        dripping = threading.Thread(target=drip)
        dripping.start()
        assert client(listener).exchange(b"other", 5) == b"ACK other"
        assert until_closed(slow) == b""
        stop.set()
        dripping.join()
        assert listener.refusals == {"slow_frame": 1}


def test_an_endless_frame_is_cut_at_the_size_limit() -> None:
    with listening(max_message=100_000) as listener:
        connection = connected(listener)
        with contextlib.suppress(ConnectionError):
            connection.sendall(b"\x0b" + b"x" * 5_000_000)
        assert until_closed(connection) == b""
        assert listener.refusals == {"too_large": 1}
        assert client(listener).exchange(b"other", 5) == b"ACK other"


def test_noise_and_a_nested_start_do_not_disturb_the_message_after_them() -> None:
    with listening() as listener:
        connection = connected(listener)
        connection.sendall(b"\r\nGET / HTTP/1.1\r\n\x0bhalf\x0bMSH|whole\x1c\r")
        assert connection.recv(1000) == frame(b"ACK MSH|whole")


def test_half_close_still_gets_its_answer() -> None:
    answers: queue.Queue[Answer] = queue.Queue()
    with listening(lambda _, answer: answers.put(answer)) as listener:
        connection = connected(listener)
        connection.sendall(frame(b"last"))
        answer = answers.get(timeout=5)
        connection.shutdown(socket.SHUT_WR)
        time.sleep(0.1)
        answer(b"ACK last")
        assert until_closed(connection) == frame(b"ACK last")


def test_a_reset_in_mid_frame_leaves_nothing_behind() -> None:
    with listening() as listener:
        for _ in range(20):
            connection = connected(listener)
            connection.sendall(frame(b"whole") + b"\x0bhalf")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        assert client(listener).exchange(b"other", 5) == b"ACK other"
        until = time.monotonic() + 5
        while listener.connections > 1 and time.monotonic() < until:
            time.sleep(0.02)
        assert listener.connections <= 1


def test_200_idle_sockets_do_not_keep_a_sender_out() -> None:
    with listening(max_connections=100) as listener:
        idle = [connected(listener) for _ in range(200)]
        sender = client(listener)
        assert [sender.exchange(b"m%d" % n, 5) for n in range(20)] == [b"ACK m%d" % n for n in range(20)]
        assert listener.connections <= 100
        for connection in idle:
            connection.close()


def test_an_idle_connection_is_ended() -> None:
    with listening(idle_timeout=0.2) as listener:
        assert until_closed(connected(listener)) == b""
        assert listener.refusals == {"idle": 1}


def test_a_paused_listener_takes_nothing_until_it_is_resumed() -> None:
    with listening() as listener:
        sender = connected(listener)
        sender.sendall(frame(b"before"))
        assert sender.recv(100) == frame(b"ACK before")
        listener.pause()
        time.sleep(0.1)
        sender.sendall(frame(b"during"))
        sender.settimeout(0.3)
        with pytest.raises(TimeoutError):
            sender.recv(100)
        listener.resume()
        sender.settimeout(5)
        assert sender.recv(100) == frame(b"ACK during")


def test_closing_answers_what_was_handed_over_and_no_unfinished_frame() -> None:
    answers: queue.Queue[Answer] = queue.Queue()
    with listening(lambda _, answer: answers.put(answer)) as listener:
        whole, half = connected(listener), connected(listener)
        half.sendall(b"\x0bMSH|unfinished")
        whole.sendall(frame(b"whole"))
        answer = answers.get(timeout=5)
        closing = threading.Thread(target=listener.close, args=(5.0,))
        closing.start()
        answer(b"ACK whole")
        assert until_closed(whole) == frame(b"ACK whole")
        assert until_closed(half) == b""
        closing.join(5)
        assert not closing.is_alive()


def test_a_client_does_not_take_a_late_answer_for_the_next_ones() -> None:
    late: queue.Queue[Answer] = queue.Queue()

    def receive(received: Received, answer: Answer) -> None:
        late.put(answer) if received.body == b"one" else answer(b"ACK two")

    with listening(receive) as listener:
        sender = client(listener)
        with pytest.raises(NoAnswerError):
            sender.exchange(b"one", 0.3)
        late.get(timeout=5)(b"ACK one")
        assert sender.exchange(b"two", 5) == b"ACK two"


def test_a_client_connects_again_when_the_server_has_closed() -> None:
    with listening(idle_timeout=0.2) as listener:
        sender = client(listener)
        assert sender.exchange(b"one", 5) == b"ACK one"
        time.sleep(0.6)
        assert sender.exchange(b"two", 5) == b"ACK two"
