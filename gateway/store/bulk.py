"""One statement over many rows, straight to the driver. It gives up and takes back the interpreter's lock for each
statement that it runs, so on the way of every message a hundred rows by one statement cost far less than by a hundred.

Statements are written for powers of two only, so that any number of rows is covered by texts that stay prepared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

_MOST = 128
"""Rows of one statement: SQLite's parameters are counted in thousands, and so are PostgreSQL's."""


def insert(connection: Connection, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Rows as tuples in the order of the columns."""
    mark = _mark(connection)
    row = f"({', '.join([mark] * len(columns))})"
    for part in _parts(rows):
        text = f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * len(part))}"  # noqa: S608
        _run(connection, text, tuple(chain.from_iterable(part)))


def select_in(
    connection: Connection, table: str, columns: Sequence[str], key: str, values: Sequence[Any]
) -> Iterator[tuple[Any, ...]]:
    """The columns of all rows whose key is among the values."""
    mark = _mark(connection)
    for at in range(0, len(values), _MOST):
        part = values[at : at + _MOST]
        padded = [*part, *[part[-1]] * ((1 << (len(part) - 1).bit_length()) - len(part))]
        marks = ", ".join([mark] * len(padded))
        text = f"SELECT {', '.join(columns)} FROM {table} WHERE {key} IN ({marks})"  # noqa: S608 - names of ours
        yield from _run(connection, text, tuple(padded)).fetchall()


def highest(connection: Connection, table: str, column: str) -> int:
    """The largest number in a column; 0 when there is none."""
    (number,) = _run(connection, f"SELECT coalesce(max({column}), 0) FROM {table}", ()).fetchone()  # noqa: S608
    return int(number)


def _run(connection: Connection, text: str, values: tuple[Any, ...]) -> Any:
    """The driver's cursor. DBAPIError, as everywhere in the store, without the statement's values."""
    cursor = connection.connection.cursor()
    dbapi = connection.dialect.loaded_dbapi
    try:
        cursor.execute(text, values)
    except dbapi.Error as error:
        raise DBAPIError.instance(text, None, error, dbapi.Error, hide_parameters=True) from None
    return cursor


def _parts(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    at, size = 0, _MOST
    while at < len(rows):
        while len(rows) - at < size:
            size //= 2
        yield rows[at : at + size]
        at += size


def _mark(connection: Connection) -> str:
    """How the driver writes a parameter."""
    return "?" if connection.dialect.paramstyle == "qmark" else "%s"
