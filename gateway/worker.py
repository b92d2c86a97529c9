"""A process that works envelopes: `python -m gateway.worker FD`, started and spoken to by `gateway.workers`.

A message that hangs, eats all memory or brings down a parser costs this process and nothing else.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

from gateway.pipeline import Worked, work
from gateway.plan import Work
from gateway.records import Envelope, Person, Visit

_NICE = 5
"""Who waits for an acknowledgement comes first; what is stored can wait a little."""


class Recall:
    """What is known of persons: asked of the parent, and what this batch has learnt itself before that."""

    def __init__(self, parent: Connection[Any, Any]) -> None:
        self._parent = parent
        self._known: dict[tuple[str, str], Person | Visit | None] = {}
        self._identified: dict[bytes, frozenset[str]] = {}
        self._told: dict[tuple[str, str], dict[str, bytes]] = {}

    def person(self, name: str) -> Person | None:
        return cast("Person | None", self._ask("person", name))

    def visit(self, name: str) -> Visit | None:
        return cast("Visit | None", self._ask("visit", name))

    def told(self, channel: str, destination: str) -> Mapping[str, bytes]:
        known = self._told.get((channel, destination))
        if known is None:
            self._parent.send(("recall", "told", (channel, destination)))
            known = self._told[channel, destination] = self._parent.recv()
        return known

    def holders(self, hashes: Sequence[bytes]) -> Mapping[bytes, frozenset[str]]:
        self._parent.send(("recall", "holders", list(hashes)))
        known: dict[bytes, frozenset[str]] = self._parent.recv()
        for one in hashes:
            if one in self._identified:
                known[one] = known.get(one, frozenset()) | self._identified[one]
        return known

    def learn(self, worked: Worked) -> None:
        self._known.update({("person", one.id): one for one in worked.persons})
        self._known.update({("visit", one.id): one for one in worked.visits})
        for identity in worked.identities:
            known = self._identified.get(identity.hash, frozenset())
            self._identified[identity.hash] = known | {identity.person}
        for one in worked.told:
            self._told.setdefault((one.channel, one.destination), {})[one.subject] = one.digest

    def _ask(self, kind: str, name: str) -> Person | Visit | None:
        if (kind, name) not in self._known:
            self._parent.send(("recall", kind, name))
            self._known[kind, name] = self._parent.recv()
        return self._known[kind, name]


def place(error: BaseException) -> str:
    """The type of a mistake and where it stands in the code: nothing of the data."""
    frames = traceback.extract_tb(error.__traceback__)
    last = f" at {Path(frames[-1].filename).stem}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{last}"


def _work(parent: Connection[Any, Any], setup: Work, envelopes: list[Envelope]) -> None:
    recall = Recall(parent)
    for envelope in envelopes:
        try:
            worked = work(envelope, setup, recall)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise
        except Exception as error:  # noqa: BLE001 - one message's mistake must not stop the others
            parent.send(("broken", place(error)))
        else:
            recall.learn(worked)
            parent.send(("worked", worked))


def _call(parent: Connection[Any, Any], name: str, arguments: tuple[Any, ...]) -> None:
    module, _, function = name.partition(":")
    try:
        parent.send(("result", getattr(import_module(module), function)(*arguments)))
    except Exception as error:  # noqa: BLE001 - told to the parent, which says so to whoever asked
        parent.send(("broken", place(error)))


def _bound(memory: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def main(descriptor: int) -> None:
    """Serves one parent until it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.nice(_NICE)
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
        _serve(Connection(descriptor))


def _serve(parent: Connection[Any, Any]) -> None:
    setup: Work | None = None
    while True:
        kind, *arguments = parent.recv()
        match kind:
            case "setup":
                setup, memory = arguments
                _bound(memory)
            case "work" if setup is not None:
                _work(parent, setup, *arguments)
            case "call":
                _call(parent, *arguments)


if __name__ == "__main__":
    main(int(sys.argv[1]))
