"""A source's bytes as documents: recognised, split, parsed. What the CLI, the API and intake begin with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from conformance.catalogue import issue
from conformance.document import Document, Format
from conformance.issue import Issue, Where
from gateway import formats
from gateway.targets import Misuse

if TYPE_CHECKING:
    from adapters.formats.tabular.columns import Told
    from gateway.config import Site

MAX_BYTES = 512 * 1024 * 1024
"""The largest source that is read whole."""

AUTO = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One document of a source, or the reason why there is none. `number` of `count` is 1-based."""

    raw: bytes
    number: int = 1
    count: int = 1
    format: Format | None = None
    document: Document | None = None
    issues: tuple[Issue, ...] = ()


def parts(
    raw: bytes,
    from_: str = AUTO,
    name: str = "",
    site: Site | None = None,
    map_id: str | None = None,
    told: Told | None = None,
) -> Iterator[Part]:
    """Every document in a source, in order; one Part with an issue where nothing can be read.

    Of tables: `name` is the file's, which tells one from another; a site and a map may have a schema for them; `told`
    is what their sender said of them.
    """
    format_ = chosen(from_) or formats.recognised(raw)
    if not raw.strip():
        yield Part(raw=raw, issues=(issue("IO-0003"),))
    elif format_ is None:
        yield Part(raw=raw, issues=(not_recognised(),))
    elif format_.name == "csv":
        from gateway.datasets import parts as tables
        from gateway.datasets import schema_of

        schema = schema_of(raw, site, map_id) if site is not None else None
        yield from tables(raw, name, told, schema)
    else:
        pieces = format_.split(raw) or [raw]
        for number, piece in enumerate(pieces, 1):
            result = format_.parse(piece)
            yield Part(
                raw=piece,
                number=number,
                count=len(pieces),
                format=format_,
                document=result.value,
                issues=result.issues,
            )


def chosen(from_: str) -> Format | None:
    """The format that was named; None for `auto`. Misuse for one that isn't there."""
    if from_ == AUTO:
        return None
    found = formats.named(from_)
    if found is None:
        raise Misuse(f"there is no format {from_!r} to read; there are {', '.join(formats.names())}")
    return found


def not_recognised() -> Issue:
    return issue("IO-0002", Where(line=1, column=1), formats=", ".join(formats.names()))


def placed(issues: tuple[Issue, ...], part: Part) -> tuple[Issue, ...]:
    """The same issues, with line and column where only a path was known and the format can tell."""
    locator = getattr(part.format, "locator", None) if part.raw and part.document else None
    if locator is None or all(one.at.line or not one.at.path for one in issues):
        return issues
    locate = locator(part.raw)
    return tuple(one if one.at.line or not one.at.path else _at(one, *locate(one.at.path)) for one in issues)


def _at(one: Issue, line: int, column: int) -> Issue:
    return replace(one, at=replace(one.at, line=line, column=column))
