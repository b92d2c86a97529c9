"""The processes that work envelopes, from the side of the one that started them."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from multiprocessing.connection import Connection
from typing import Any

from conformance.catalogue import issue
from gateway.persons import Memory
from gateway.pipeline import Worked
from gateway.plan import Plan, Work
from gateway.records import Envelope

_log = logging.getLogger(__name__)

_STARTING = 60.0
"""Seconds that a new process may take for its first answer, beyond the limit: it has to import and compile."""


class WorkerLostError(Exception):
    """The process took too long or died; a new one is started for the next request."""


class Worker:
    """One process, one request at a time; started when first needed and again after it was lost."""

    def __init__(self, setup: Work, *, time_limit: float, memory_limit: int) -> None:
        self._setup = setup
        self._time_limit = time_limit
        self._memory_limit = memory_limit
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection[Any, Any] | None = None
        self._lock = threading.Lock()
        self._fresh = True
        self.warmed = False
        """Whether a process was started and has loaded what the first message would otherwise wait for."""

    @classmethod
    def of(cls, plan: Plan) -> Worker:
        return cls(plan.work, time_limit=plan.time_limit, memory_limit=plan.memory_limit)

    def warm(self) -> None:
        """Starts the process and has it load everything. What stands in the way is met again by the first message, and
        told there."""
        try:
            self.call("gateway.pipeline:warm", self._setup)
        except WorkerLostError as lost:
            _log.warning("not warmed", extra={"error": str(lost).replace(" at ", "@")})
        finally:
            self.warmed = True

    def work(self, envelopes: Sequence[Envelope], memory: Memory) -> Iterator[tuple[Envelope, Worked]]:
        """Each envelope with what became of it, in order. Ends early, after the one that brought the process down."""
        with self._lock:
            for number, envelope in enumerate(envelopes):
                try:
                    if number == 0:
                        self._send(self._started(), ("work", list(envelopes)))
                    worked = self._worked(memory)
                except WorkerLostError:
                    yield envelope, _failed("GW-0101", seconds=f"{self._time_limit:g}")
                    return
                yield envelope, worked

    def _worked(self, memory: Memory) -> Worked:
        pipe = self._started()
        until = time.monotonic() + self._limit()
        while True:
            kind, *values = self._heard(pipe, until)
            match kind:
                case "recall":
                    what, name = values
                    self._send(pipe, _recalled(memory, what, name))
                case "worked":
                    self._fresh = False
                    worked: Worked = values[0]
                    return worked
                case _:
                    self._fresh = False
                    return _failed("GW-0102", error=values[0])

    def call(self, function: str, *arguments: Any) -> Any:
        """The result of `module:function`, run in the process. WorkerLostError also for a mistake in it."""
        with self._lock:
            pipe = self._started()
            self._send(pipe, ("call", function, arguments))
            kind, value = self._heard(pipe, time.monotonic() + self._limit())
            self._fresh = False
            if kind != "result":
                raise WorkerLostError(value)
            return value

    def _limit(self) -> float:
        return self._time_limit + (_STARTING if self._fresh else 0.0)

    def _started(self) -> Connection[Any, Any]:
        if self._pipe is None:
            ours, theirs = socket.socketpair()
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", "gateway.worker", str(theirs.fileno())], pass_fds=[theirs.fileno()]
            )
            theirs.close()
            self._pipe = Connection(ours.detach())
            self._fresh = True
            self._send(self._pipe, ("setup", self._setup, self._memory_limit))
        return self._pipe

    def _send(self, pipe: Connection[Any, Any], message: Any) -> None:
        try:
            pipe.send(message)
        except OSError as error:
            self._end()
            raise WorkerLostError from error

    def _heard(self, pipe: Connection[Any, Any], until: float) -> Any:
        try:
            if pipe.poll(max(until - time.monotonic(), 0.0)):
                return pipe.recv()
        except (EOFError, OSError) as error:
            self._end()
            raise WorkerLostError from error
        self._end()
        raise WorkerLostError

    def configure(self, plan: Plan) -> None:
        """Works by other settings, maps and profiles from the next request on: in a new process, which is made ready
        while the old one goes on."""
        following = Worker.of(plan)
        if self._process is not None:
            following.warm()
        with self._lock:
            self._end()
            self._setup, self._time_limit, self._memory_limit = plan.work, plan.time_limit, plan.memory_limit
            self._process, self._pipe, self._fresh = following._process, following._pipe, following._fresh

    def kill(self) -> None:
        """Ends what it is doing, from any thread: whoever waits for it gets WorkerLostError or a failed message."""
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._pipe = self._process = None


def _recalled(memory: Memory, what: str, name: Any) -> Any:
    match what:
        case "person":
            return memory.person(name)
        case "visit":
            return memory.visit(name)
        case "holders":
            return memory.holders(name)
        case _:
            return memory.told(*name)


def configure(workers: Iterable[Worker], plan: Plan) -> None:
    """All of them at the same time: each has to start a process."""
    threads = [threading.Thread(target=one.configure, args=(plan,), name="configure") for one in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _failed(code: str, **words: str) -> Worked:
    return Worked(state="failed", reason=code, issues=(issue(code, None, found=None, **words),))
