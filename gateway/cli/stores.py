"""How the operator's commands reach the store: reading it themselves, writing through the gateway that runs on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from gateway.cli import report
from gateway.plan import Plan
from gateway.store import Filter, SchemaError, Store, StoreLockedError, Wanted, file_of
from gateway.targets import Misuse

config_option = click.option(
    "--config",
    "path",
    type=click.Path(path_type=Path),
    default="gateway.yaml",
    show_default=True,
    metavar="FILE",
    help="The gateway's settings.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
limit_option = click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True)


def planned(path: Path) -> Plan:
    from gateway.config.plan import plan

    if not path.exists():
        raise Misuse(f"there is no {path}; name the settings with --config")
    read = plan(path)
    if read.value is None:
        report.say(read.issues)
        raise Misuse("the settings have errors; see above")
    return read.value


@contextmanager
def reading(path: Path) -> Iterator[Store]:
    """The store, whether a gateway runs on it or not."""
    plan = planned(path)
    found = file_of(plan.store)
    if found is not None and not found.exists():
        raise Misuse(f"there is no store {found} yet; `sdoh-gateway migrate` or `serve` makes it")
    try:
        store = Store(plan.store, tenant=plan.tenant)
    except SchemaError as error:
        raise Misuse(str(error)) from None
    try:
        yield store
    finally:
        store.close()


def ordered(path: Path, name: str, **arguments: Any) -> Any:
    """Has it done by the gateway that runs on this store, or does it here when none does."""
    from gateway.control import OrderFailedError, order

    plan = planned(path)
    try:
        return _done_here(plan, name, arguments)
    except StoreLockedError as locked:
        if locked.control is None:
            raise Misuse(f"{locked}, which takes no orders") from None
        try:
            return order(locked.control, name, **arguments)
        except OrderFailedError as failed:
            raise Misuse(str(failed)) from None
    except SchemaError as error:
        raise Misuse(str(error)) from None


def _done_here(plan: Plan, name: str, arguments: dict[str, Any]) -> Any:
    from gateway import operations

    store = Store(plan.store, tenant=plan.tenant, write=True)
    try:
        match name:
            case "replay":
                return operations.replay(store, operations.filter_of(arguments["wanted"]), as_new=arguments["as_new"])
            case "resend":
                lifetimes = {key: one.lifetime for key, one in plan.destinations.items()}
                return operations.resend(store, operations.wanted_of(arguments["wanted"]), datetime.now(UTC), lifetimes)
            case "withdraw":
                return operations.withdraw(store, operations.wanted_of(arguments["wanted"]), datetime.now(UTC))
            case _:
                return store.writer.now(store.destinations.resume, arguments["destination"])
    finally:
        store.close()


def plain(wanted: Filter | Wanted) -> dict[str, Any]:
    """A filter as an order carries it: what was said, in plain values."""
    said = {one.name: getattr(wanted, one.name) for one in fields(wanted)}
    return {
        name: value.isoformat() if isinstance(value, datetime) else list(value) if isinstance(value, tuple) else value
        for name, value in said.items()
        if value is not None
    }


def moment(text: str | None) -> datetime | None:
    """A time as people give it; without an offset it is UTC."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise Misuse(f"{text!r} is no time such as 2026-11-01T08:00 or 2026-11-01T08:00-05:00") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def stamp(time: datetime) -> str:
    return time.isoformat(timespec="seconds").replace("+00:00", "Z")


def counted(count: int, what: str) -> str:
    """`1 message is`, `2 messages are`; a plural in -ies for what ends in -y."""
    plural = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
    return f"1 {what} is" if count == 1 else f"{count} {plural} are"
