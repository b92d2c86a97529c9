"""What is wrong with tables: read in batches, so that their size doesn't matter; by their kind or schemas asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.catalogue import issue
from conformance.issue import Issue
from gateway.targets import Misuse

if TYPE_CHECKING:
    from adapters.formats.tabular.columns import Told
    from adapters.formats.tabular.table import KeptOut, Row
    from conformance.tabular.json_rows import Check
    from conformance.tabular.schema import Schema


def is_schema(name: str) -> bool:
    """Whether a profile speaks of tables: a shipped kind, a YAML schema, a Frictionless descriptor, a JSON Schema."""
    from conformance.tabular.kinds import ids

    if name in ids():
        return True
    path = Path(name)
    if path.suffix.lower() not in (".yaml", ".yml", ".json") or not path.is_file():
        return False
    with path.open("rb") as stream:
        head = stream.read(1 << 20)
    if path.suffix.lower() == ".json":
        return _is_table_json(head)
    return any(line.startswith(b"schema:") for line in head.splitlines())


def _is_table_json(raw: bytes) -> bool:
    from conformance.tabular.frictionless import is_descriptor

    try:
        node = json.loads(raw)
    except (ValueError, RecursionError):
        return False
    return isinstance(node, dict) and "resourceType" not in node and (is_descriptor(node) or _is_json_schema(node))


def _is_json_schema(node: dict[str, Any]) -> bool:
    return "$schema" in node or isinstance(node.get("properties"), dict)


def loaded(name: str) -> Schema | Check:
    """The schema, or the check of a JSON Schema; Misuse, with what is wrong, where it can't be used."""
    from conformance.tabular import frictionless, json_rows, kinds

    path = Path(name)
    if name not in kinds.ids() and path.suffix.lower() == ".json":
        raw = path.read_bytes()
        if not frictionless.is_descriptor(json.loads(raw)):
            checked = json_rows.read(raw, name)
            if checked.value is None:
                raise Misuse("; ".join(one.message for one in checked.issues))
            return checked.value
    result = kinds.load(name)
    if result.value is None:
        raise Misuse("; ".join(f"{one.at}: {one.message}" for one in result.issues))
    return result.value


def findings(
    source: bytes | Path,
    name: str = "",
    profiles: Sequence[Schema | Check] = (),
    told: Told | None = None,
    keep_out: Callable[[KeptOut], None] = lambda one: None,
    progress: Callable[[int], None] = lambda rows: None,
) -> Iterator[Issue]:
    """Everything that is to be said of a dataset, by its own kind or by each schema that is given. `progress` is told
    how many rows were read, from time to time."""
    from conformance.tabular.schema import Schema

    schemas: list[Schema | None] = [each for each in profiles if isinstance(each, Schema)]
    checks = [each for each in profiles if not isinstance(each, Schema)]
    for schema in schemas or [None]:
        yield from _read(source, name, told, schema, checks, keep_out, progress)


def _read(
    source: bytes | Path,
    name: str,
    told: Told | None,
    schema: Schema | None,
    checks: Sequence[Check],
    keep_out: Callable[[KeptOut], None],
    progress: Callable[[int], None],
) -> Iterator[Issue]:
    from adapters.formats.tabular.dataset import opened
    from adapters.formats.tabular.findings import Findings

    reading = opened(source, name, told, schema)
    yield from reading.issues
    found = Findings()
    small = reading.is_small()
    count = 0
    for _, rows in reading.batches(found.add, keep_out, keeps_rows=small):
        count += len(rows)
        progress(count)
        for row in rows if checks else ():
            for one in _against(row, checks):
                found.add(one)
    yield from found


def _against(row: Row, checks: Sequence[Check]) -> Iterator[Issue]:
    headers = {name: head.header for name, head in row.sheet.by_name.items()}
    for check in checks:
        for one in check(row, headers):
            yield issue(one.code, row.where(one.column), found=row.get(one.column), **one.words)
