"""The running gateway: ways in, workers, ways out, around one store. Started, reloaded and drained as a whole."""

from __future__ import annotations

import logging
import random
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from adapters.transports import Listener
from conformance.issue import Issue
from gateway import plugins, retention
from gateway.control import Control
from gateway.delivery import Dispatcher
from gateway.intake import Intake
from gateway.lanes import Lanes
from gateway.operations import Operations
from gateway.pipeline import Worked
from gateway.plan import Channel, Plan
from gateway.records import time_ordered_id
from gateway.store import Store, StoreFailedError, file_of, migrate
from gateway.workers import Worker, WorkerLostError, configure

if TYPE_CHECKING:
    from gateway.web.server import Web

_log = logging.getLogger(__name__)

BACKLOG_HIGH = 4096
"""Writes that may wait before the listeners stop reading."""
DISK_RESERVE = 64 << 20
"""Bytes that must be free on the store's disk; below it nothing more is taken in."""
_NOW = partial(datetime.now, UTC)
_Made = TypeVar("_Made")


FIXED: dict[str, Callable[[Plan], object]] = {
    "store.url": lambda plan: plan.store,
    "work.processes": lambda plan: plan.workers,
}
"""Settings that a running gateway can't change."""


class RestartNeededError(Exception):
    """The new settings change what only a restart can change; `settings` names them."""

    def __init__(self, settings: list[str]) -> None:
        super().__init__(f"restart needed for {', '.join(settings)}")
        self.settings = settings


class InsecureBindError(Exception):
    """A listener would be reachable from other machines without TLS."""


@dataclass(slots=True, kw_only=True)
class Options:
    """What is handed in so that tests need neither sleep nor patching. `insecure_bind`: clear text beyond loopback."""

    clock: Callable[[], datetime] = _NOW
    new_id: Callable[[], str] = time_ordered_id
    chance: Callable[[], float] = random.random
    insecure_bind: bool = False
    grace: float = 20.0


class Gateway:
    """`start`, then `close`; `reload` in between."""

    def __init__(self, plan: Plan, options: Options | None = None) -> None:
        """StoreLockedError or SchemaError when the store can't be had; a new store is made where there is none."""
        self.plan = plan
        self.options = options or Options()
        check_binds(plan, self.options.insecure_bind)
        self.store = _opened(plan)
        self.listeners: dict[str, Listener] = {}
        self._ways_in: dict[str, tuple[str, Any] | None] = {}
        self.dispatchers: dict[str, Dispatcher] = {}
        self._lanes = Lanes(plan, self.store, clock=self.options.clock, worked=self._call_dispatchers)
        self._helper = Worker.of(plan)
        self._closing = threading.Event()
        self._paused = False
        self._lock = threading.RLock()
        self.intake = Intake(
            self.store,
            plan.channels,
            clock=self.options.clock,
            new_id=self.options.new_id,
            validate=self._validate,
            stored=self._lanes.wake,
        )
        self.operations = Operations(self)
        self._control: Control | None = None
        self.web: Web | None = None

    def start(self) -> None:
        """Begins with what is nearest to the receivers, so that nothing comes in before it can go on."""
        recovered = self.store.writer.now(self.store.deliveries.recover, self.options.clock())
        self._start_dispatchers()
        self._lanes.start()
        if self._validates:
            threading.Thread(target=self._helper.warm, name="warm", daemon=True).start()
        threading.Thread(target=self._watch, name="watch", daemon=True).start()
        keeping = (self.store, lambda: self.plan.keep, self.options.clock, self._closing)
        threading.Thread(target=retention.run, args=keeping, name="retention", daemon=True).start()
        self._control = Control(self.operations.orders())
        if self.store.lock is not None:
            self.store.lock.tell(self._control.path)
        self._open_listeners(self.plan.channels)
        self._open_web()
        _log.info("started", extra={"count": recovered})

    def _start_dispatchers(self) -> None:
        with self.store.reading() as connection:
            off = self.store.destinations.off(connection)
        kinds, _ = plugins.installed(plugins.DESTINATIONS)
        for name, destination in self.plan.destinations.items():
            if name in self.dispatchers:
                continue
            dispatcher = Dispatcher(
                destination,
                _named(f"destination {name}", kinds[destination.type].open, destination.to),
                self.store,
                clock=self.options.clock,
                chance=self.options.chance,
            )
            self.dispatchers[name] = dispatcher
            dispatcher.start(off=name in off)

    def _open_listeners(self, channels: Mapping[str, Channel]) -> None:
        kinds, _ = plugins.installed(plugins.TRANSPORTS)
        for name, channel in channels.items():
            if channel.transport in kinds:
                receive = self.intake.receive(name)
                self.listeners[name] = _named(f"channel {name}", kinds[channel.transport].open, channel.listen, receive)
                self._ways_in[name] = _way_in(channel)
                _log.info("listening", extra={"channel": name, "kind": channel.transport})

    def _open_web(self) -> None:
        if self.plan.http is not None:
            from gateway.web.server import Web

            self.web = _named("http", Web, self, self.plan.http)
            _log.info("listening", extra={"kind": "http", "address": self.web.address})

    def addresses(self) -> dict[str, str]:
        """Where it listens, by channel, and `http`: as bound, so with the ports that were picked."""
        found = {name: listener.address for name, listener in self.listeners.items()}
        return found | ({"http": self.web.address} if self.web is not None else {})

    def wake_workers(self) -> None:
        """There is something to work."""
        self._lanes.wake()

    @property
    def _validates(self) -> bool:
        return any(one.acknowledge == "validated" for one in self.plan.channels.values())

    @property
    def warm(self) -> bool:
        """Whether the processes have loaded what the first message would otherwise wait for."""
        return self._lanes.warm and (self._helper.warmed or not self._validates)

    def _call_dispatchers(self, worked: Worked) -> None:
        for name in {one.destination for one in worked.deliveries}:
            if name in self.dispatchers:
                self.dispatchers[name].call()

    def _validate(self, body: bytes, channel: Channel, done: Callable[[tuple[Issue, ...] | None], None]) -> None:
        """The accept profiles of a channel that acknowledges only what meets them, away from the listener's thread."""

        def run() -> None:
            try:
                done(self.compute("gateway.pipeline:accepted", body, channel))
            except (WorkerLostError, StoreFailedError):
                done(None)

        threading.Thread(target=run, name="validate", daemon=True).start()

    def compute(self, function: str, *arguments: Any) -> Any:
        """The result of `module:function`, in a process that can be stopped; WorkerLostError when it had to be."""
        return self._helper.call(function, *arguments)

    def problems(self) -> list[str]:
        """Why no message can be taken in now."""
        found = []
        if self._closing.is_set():
            found.append("shutting down")
        if self.store.writer.failure is not None:
            found.append("the store has failed")
        if self._paused:
            found.append("the disk is full, or too many writes wait")
        return found

    def _watch(self) -> None:
        """Stops reading while the store can't keep up or its disk is nearly full, and goes on when it can again."""
        while not self._closing.wait(0.2):
            low = self.store.writer.backlog < BACKLOG_HIGH / 2 if self._paused else True
            pause = self.store.writer.backlog > BACKLOG_HIGH or not low or _disk_full(self.plan)
            if pause != self._paused:
                self._paused = pause
                _log.warning("paused" if pause else "resumed")
                for listener in list(self.listeners.values()):
                    listener.pause() if pause else listener.resume()

    def reload(self, plan: Plan) -> None:
        """Goes on by another plan: listeners and destinations that didn't change are left alone. When anything of it
        can't be had, goes on by the old one, and raises what stood in the way."""
        check_binds(plan, self.options.insecure_bind)
        if fixed := [name for name, of in FIXED.items() if of(plan) != of(self.plan)]:
            raise RestartNeededError(fixed)
        with self._lock:
            before = self.plan
            try:
                self._go_by(plan)
            except Exception:
                self._go_by(before)
                raise
        _log.info("reloaded")

    def _go_by(self, plan: Plan) -> None:
        before, self.plan = self.plan, plan
        self._settle_listeners(plan)
        self._settle_dispatchers(plan)
        self.intake.channels = plan.channels
        if self.web is not None and before.http != plan.http:
            self.web.close(self.options.grace)
            self.web = None
        if self.web is None:
            self._open_web()
        serving = self.web.workers if self.web is not None else ()
        configure([*self._lanes.workers, self._helper, *serving], plan)

    def _settle_listeners(self, plan: Plan) -> None:
        for name in [name for name in self.listeners if self._ways_in[name] != _way_in(plan.channels.get(name))]:
            self.listeners.pop(name).close(self.options.grace)
        self.intake.channels = {**self.intake.channels, **plan.channels}
        self._open_listeners({name: one for name, one in plan.channels.items() if name not in self.listeners})

    def _settle_dispatchers(self, plan: Plan) -> None:
        for name in [name for name, one in self.dispatchers.items() if plan.destinations.get(name) != one.destination]:
            self.dispatchers.pop(name).close(self.options.grace)
        self._start_dispatchers()

    def close(self) -> None:
        """Takes nothing more, answers what was taken, ends what is being sent, and lets go of the store."""
        until = time.monotonic() + self.options.grace
        if self.web is not None:
            self.web.close(max(until - time.monotonic(), 0.1))
        for listener in list(self.listeners.values()):
            listener.close(max(until - time.monotonic(), 0.1))
        self._closing.set()
        if self._control is not None:
            self._control.close()
        self._lanes.close()
        self._helper.kill()
        self._helper.close()
        closing = [
            threading.Thread(target=one.close, args=(max(until - time.monotonic(), 0.1),))
            for one in self.dispatchers.values()
        ]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join()
        self.store.close()
        _log.info("stopped")


def _opened(plan: Plan) -> Store:
    """The store for writing; made first where there is none."""
    path = file_of(plan.store)
    if path is not None and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        migrate(plan.store)
    return Store(plan.store, tenant=plan.tenant, write=True)


def _named(what: str, begin: Callable[..., _Made], *given: Any) -> _Made:
    """What was opened; an error says what it was to be."""
    try:
        return begin(*given)
    except OSError as error:
        error.add_note(what)
        raise


def _way_in(channel: Channel | None) -> tuple[str, Any] | None:
    """What makes it necessary to listen anew."""
    return None if channel is None else (channel.transport, channel.listen)


def _disk_full(plan: Plan) -> bool:
    try:
        return shutil.disk_usage(plan.folder if plan.folder != Path() else ".").free < DISK_RESERVE
    except OSError:
        return False


def check_binds(plan: Plan, insecure: bool) -> None:
    """InsecureBindError for a listener that others could reach in clear text."""
    from gateway.web.settings import is_loopback

    for name, channel in plan.channels.items():
        host = getattr(channel.listen, "host", "127.0.0.1")
        if not is_loopback(host) and getattr(channel.listen, "tls", None) is None and not insecure:
            raise InsecureBindError(
                f"channel {name} would listen on {host}, which is not a loopback address: "
                "give it tls, or start with --insecure-bind"
            )
    http = plan.http
    if http is not None and not is_loopback(http.host):
        if http.tls is None and not insecure:
            raise InsecureBindError(f"http would listen on {http.host}: give it tls, or start with --insecure-bind")
        if not http.keys:
            raise InsecureBindError(f"http would listen on {http.host}: give it an API key (http.keys)")
