"""What conversion and validation do, as functions of plain values: they run in a worker process that can be stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from conformance.catalogue import issue
from conformance.document import Document
from conformance.issue import Issue, Where
from gateway import formats
from gateway.config import Site
from gateway.plan import Channel
from gateway.sources import AUTO, Part, parts
from gateway.targets import BundleForm, Misuse, target
from gateway.web import media

if TYPE_CHECKING:
    from gateway.api import Converted

CONVERT = "gateway.web.work:convert"
VALIDATE = "gateway.web.work:validate"
FEED = "gateway.web.work:feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """One document to convert; `from_` is a format or `auto`. `account`: with the ledger."""

    body: bytes = field(repr=False)
    from_: str = AUTO
    to: str | None = None
    as_: str | None = None
    map: str | None = None
    bundle: BundleForm = "message"
    account: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What became of it: no content where nothing was made. `value` is the same as JSON, for the full answer only."""

    content: bytes | None = field(default=None, repr=False)
    media_type: str = ""
    issues: tuple[Issue, ...] = ()
    value: Any = field(default=None, repr=False)
    counts: dict[str, int] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list, repr=False)
    misuse: str = ""
    """What was asked for isn't there; the text says what is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """One source to validate: bytes, or a resource. `type_`: of which type it has to be, empty for any."""

    body: bytes | dict[str, Any] = field(repr=False)
    from_: str = AUTO
    profiles: tuple[str, ...] = ()
    type_: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """`readable`: whether there was a document to check."""

    issues: tuple[Issue, ...] = ()
    readable: bool = True
    misuse: str = ""


def convert(asked: Conversion, site: Site) -> Made:
    """One document in another form."""
    from gateway.api import convert_part

    try:
        wanted = target(asked.to, asked.as_)
        found = list(parts(asked.body, asked.from_, site=site, map_id=asked.map))
        if len(found) > 1:
            raise Misuse(f"the body holds {len(found)} documents; one at a time is converted")
        made = convert_part(found[0], wanted, site, map_id=asked.map, bundle=asked.bundle)
    except Misuse as error:
        return Made(misuse=str(error))
    if made.value is None:
        return Made(issues=made.issues)
    content, media_type = _written(made.value, wanted.format)
    bare = Made(content=content, media_type=media_type, issues=made.issues)
    return _with_account(bare, made, media_type) if asked.account else bare


def _written(value: Any, format_: str) -> tuple[bytes, str]:
    if format_ != "fhir":
        return value, media.types_of(format_)[0]
    from adapters.formats.fhir.writer import write

    if isinstance(value, list):
        return b"".join((write(one).value or b"") + b"\n" for one in value), media.NDJSON
    return write(value).value or b"", media.types_of("fhir")[0]


def _with_account(bare: Made, made: Converted, media_type: str) -> Made:
    from gateway.cli.ledgers import counts, shown

    rows = made.ledger.rows() if made.ledger else []
    value = made.value if media.is_json(media_type) else made.value.decode("utf-8", "replace")
    return replace(bare, value=value, counts=counts(rows), rows=[shown(row) for row in rows])


def feed(bodies: Sequence[bytes], channel: Channel, site: Site, every: bool) -> list[dict[str, Any]]:
    """The account of what a channel received, by sender."""
    from gateway.feeds import accounts

    found = accounts(bodies, channel.format, channel.name, channel.map, site)
    return [one.plain(every=every) for one in found]


def validate(asked: Validation) -> Checked:
    """All findings on a source. Profiles are canonical URLs, or ids of shipped ones: never files."""
    from conformance.profile import ids
    from gateway.validation import findings

    named = [one for one in asked.profiles if not ("://" in one or one.startswith("urn:"))]
    if unknown := [one for one in named if one not in ids()]:
        return Checked(misuse=f"there is no profile {unknown[0]!r}; there are {', '.join(ids())}, or give a URL")
    try:
        found = list(_parts(asked))
        issues = [one for part in found for one in (*_of_type(part, asked.type_), *findings(part, asked.profiles))]
    except Misuse as error:
        return Checked(misuse=str(error))
    return Checked(issues=tuple(issues), readable=all(part.document is not None for part in found))


def _parts(asked: Validation) -> Sequence[Part]:
    if isinstance(asked.body, bytes):
        return list(parts(asked.body, asked.from_))
    document = Document(format="fhir", version="4.0.1", root=asked.body)
    return [Part(raw=b"", format=formats.named("fhir"), document=document)]


def _of_type(part: Part, wanted: str) -> Sequence[Issue]:
    if not wanted or part.document is None or part.document.root.get("resourceType") == wanted:
        return ()
    return (issue("HTTP-0015", Where(path="resourceType"), type=wanted),)
