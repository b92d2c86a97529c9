"""A message that hangs or kills its worker costs itself; the next ones are worked by a new process."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from gateway.persons import Nobody
from gateway.records import Person
from gateway.workers import Worker, WorkerLostError
from tests.gateway.harness import adt
from tests.gateway.pipeline.test_pipeline import ALERTS, envelope, setup


class Known(Nobody):
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def person(self, name: str) -> Person | None:
        self.asked.append(name)
        return None


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker(setup(**ALERTS), time_limit=3.0, memory_limit=2 << 30)
    yield worker
    worker.close()


def test_a_batch_is_worked_in_order_with_what_the_parent_knows(worker: Worker) -> None:
    known = Known()
    batch = [envelope(adt(number)) for number in range(1, 6)]
    found = list(worker.work(batch, known))
    assert [one.state for _, one in found] == ["routed"] * 5
    assert len(set(known.asked)) == len(known.asked) == 1, "asked once, then known in the batch"


def test_a_process_that_dies_costs_the_message_at_hand_and_no_other(worker: Worker) -> None:
    list(worker.work([envelope(adt(1))], Known()))
    pid = worker.call("os:getpid")
    results = worker.work([envelope(adt(number)) for number in (1, 2, 3)], Killing(pid))
    found = [(one.state, one.reason) for _, one in results]
    assert found == [("failed", "GW-0101")], "what came after it is left to be taken up again"
    assert [one.state for _, one in worker.work([envelope(adt(4))], Known())] == ["routed"]


class Killing(Known):
    """Kills the process in the middle of its first message."""

    def __init__(self, pid: int) -> None:
        super().__init__()
        self._pid = pid

    def person(self, name: str) -> Person | None:
        os.kill(self._pid, signal.SIGKILL)
        return None


def test_what_takes_too_long_is_stopped(worker: Worker) -> None:
    worker.call("os:getpid")
    began = time.monotonic()
    with pytest.raises(WorkerLostError):
        worker.call("time:sleep", 60)
    assert time.monotonic() - began < 10
    assert worker.call("operator:add", 1, 2) == 3


def test_what_takes_too_much_memory_is_stopped(worker: Worker) -> None:
    with pytest.raises(WorkerLostError, match="MemoryError"):
        worker.call("builtins:bytearray", 8 << 30)
    assert worker.call("operator:add", 1, 2) == 3


def test_a_mistake_is_told_by_type_and_place_without_its_words(worker: Worker) -> None:
    with pytest.raises(WorkerLostError) as told:
        worker.call("builtins:int", "Miller^Ann")
    assert "ValueError" in str(told.value)
    assert "Miller" not in str(told.value)
