from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adapters.contract import TransportContract
from adapters.transports import Answer, Listener, Received
from adapters.transports.files import TRANSPORT, FilesListener, FilesSettings

EVERY = 0.05


class _Drop:
    """A sender that writes under another name and renames, as a careful one does."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[bytes, str] = {}

    def send(self, body: bytes) -> None:
        name = self._names[body] = f"{len(self._names)}.hl7"
        (self._folder / f"{name}.part").write_bytes(body)
        os.rename(self._folder / f"{name}.part", self._folder / name)

    def taken(self, body: bytes, within: float) -> bool:
        return wait_for((self._folder / "done" / self._names[body]).exists, within)

    def close(self) -> None:
        """Nothing is open."""


def wait_for(holds: Callable[[], bool], within: float = 5.0) -> bool:
    until = time.monotonic() + within
    while not (held := holds()) and time.monotonic() < until:
        time.sleep(0.01)
    return held


class TestContract(TransportContract):
    transport = TRANSPORT

    def settings(self, tmp_path: Path) -> FilesSettings:
        return FilesSettings(folder=tmp_path, every=EVERY)

    def wire(self, listener: Listener, tmp_path: Path) -> _Drop:
        return _Drop(tmp_path)


@contextmanager
def watching(folder: Path, reply: bytes | None = b"", **settings: Any) -> Iterator[list[bytes]]:
    bodies: list[bytes] = []

    def receive(received: Received, answer: Answer) -> None:
        bodies.append(received.body)
        answer(reply)

    listener = FilesListener(FilesSettings(folder=folder, every=EVERY, **settings), receive)
    try:
        yield bodies
    finally:
        listener.close(5.0)


def test_unfinished_hidden_and_other_names_are_left_alone(tmp_path: Path) -> None:
    for name in ("a.hl7.part", ".a.hl7", "a.txt"):
        (tmp_path / name).write_bytes(b"x")
    with watching(tmp_path, pattern="*.hl7") as bodies:
        (tmp_path / "b.hl7").write_bytes(b"good")
        assert wait_for((tmp_path / "done" / "b.hl7").exists)
        assert bodies == [b"good"]
    assert sorted(os.listdir(tmp_path)) == [".a.hl7", "a.hl7.part", "a.txt", "done", "failed"]


def test_a_file_that_is_still_growing_is_waited_for(tmp_path: Path) -> None:
    with watching(tmp_path) as bodies, (tmp_path / "slow.hl7").open("wb", buffering=0) as stream:
        for _ in range(10):
            stream.write(b"part ")
            time.sleep(EVERY / 2)
        assert bodies == []
        assert wait_for(lambda: bodies == [b"part " * 10])


def test_links_folders_and_pipes_are_never_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"not for you")
    inbox = tmp_path / "in"
    inbox.mkdir()
    (inbox / "link.hl7").symlink_to(secret)
    (inbox / "folder.hl7").mkdir()
    os.mkfifo(inbox / "pipe.hl7")
    with watching(inbox) as bodies:
        (inbox / "real.hl7").write_bytes(b"real")
        assert wait_for((inbox / "done" / "real.hl7").exists)
        time.sleep(EVERY * 4)
        assert bodies == [b"real"]


def test_a_file_too_large_is_set_aside_unread(tmp_path: Path) -> None:
    with watching(tmp_path, max_size=10) as bodies:
        (tmp_path / "large.hl7").write_bytes(b"x" * 11)
        assert wait_for((tmp_path / "failed" / "large.hl7").exists)
        assert bodies == []


def test_the_same_name_again_keeps_both(tmp_path: Path) -> None:
    with watching(tmp_path):
        for body in (b"one", b"two"):
            (tmp_path / "a.hl7").write_bytes(body)
            assert wait_for(lambda: not (tmp_path / "a.hl7").exists())
    assert {file.read_bytes() for file in (tmp_path / "done").iterdir()} == {b"one", b"two"}


def test_what_was_not_taken_is_handed_over_again(tmp_path: Path) -> None:
    with watching(tmp_path, reply=None) as bodies:
        (tmp_path / "a.hl7").write_bytes(b"again")
        assert wait_for(lambda: len(bodies) >= 3)
    assert (tmp_path / "a.hl7").exists()
