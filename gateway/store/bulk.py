"""Statements on the way of every message, straight to the driver: what SQLAlchemy does around one takes longer than the
statement. One over many rows where that can be: the driver gives up and takes back the interpreter's lock for each that
it runs, so a hundred rows by one statement cost far less than by a hundred.

Statements over many rows are written for a few numbers of rows only, so that their texts stay prepared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

_MOST = 128
"""Rows of one statement: SQLite's parameters are counted in thousands, and so are PostgreSQL's."""
_STEP = 16


def insert(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    same: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Rows as tuples in the order of the columns. `same`: columns with the same value in all rows, as SQL writes it."""
    mark = _mark(connection)
    names, row = ", ".join((*columns, *same)), ", ".join((*[mark] * len(columns), *same.values()))
    for part in _parts(rows):
        text = f"INSERT INTO {table} ({names}) VALUES {', '.join([f'({row})'] * len(part))}"  # noqa: S608
        run(connection, text, tuple(chain.from_iterable(part)))


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
        yield from run(connection, text, tuple(padded)).fetchall()


def execute(connection: Connection, statement: ClauseElement, *rows: Mapping[str, Any]) -> Any:
    """A statement that was made once, for each of these rows, which have the same names; the last one's cursor. Values
    go to the driver as they are, and come as it gives them."""
    text, fixed, names = _words(statement, connection.dialect, tuple(rows[0]))
    cursor = None
    for row in rows:
        values = {**fixed, **row}
        cursor = run(connection, text, values if names is None else tuple([values[name] for name in names]))
    return cursor


def highest(connection: Connection, table: str, column: str) -> int:
    """The largest number in a column; 0 when there is none."""
    (number,) = run(connection, f"SELECT coalesce(max({column}), 0) FROM {table}").fetchone()  # noqa: S608
    return int(number)


def run(connection: Connection, text: str, values: tuple[Any, ...] | dict[str, Any] = ()) -> Any:
    """The driver's cursor. DBAPIError, as everywhere in the store, without the statement's values."""
    cursor = connection.connection.cursor()
    dbapi = connection.dialect.loaded_dbapi
    try:
        cursor.execute(text, values)
    except dbapi.Error as error:
        raise DBAPIError.instance(text, None, error, dbapi.Error, hide_parameters=True) from None
    return cursor


@lru_cache(maxsize=128)
def _words(
    statement: ClauseElement, dialect: Dialect, names: tuple[str, ...]
) -> tuple[str, dict[str, Any], tuple[str, ...] | None]:
    """The statement as text, the values that stand in it, and the order of all of them; None: by name."""
    made = statement.compile(dialect=dialect, column_keys=names, compile_kwargs={"render_postcompile": True})
    assert isinstance(made, SQLCompiler)
    fixed = {name: value for name, value in made.params.items() if name not in names}
    return str(made), fixed, None if made.positiontup is None else tuple(made.positiontup)


def _parts(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Of sixteen, thirty-two and so on, and one with the rest."""
    at = 0
    while at < len(rows):
        size = min(len(rows) - at, _MOST)
        part = rows[at : at + (size - size % _STEP or size)]
        yield part
        at += len(part)


def _mark(connection: Connection) -> str:
    """How the driver writes a parameter."""
    return "?" if connection.dialect.paramstyle == "qmark" else "%s"
