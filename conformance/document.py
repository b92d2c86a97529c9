"""`Document`, what a codec makes of bytes, and `Format`, what a codec is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from conformance.issue import Issue, Result, Where
    from conformance.syntax import Syntax


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A parsed source. `root` is the codec's own tree.

    FHIR and CSV: plain dict and list. HL7 v2: the lazy message. C-CDA: the lxml tree. `version` is the standard's
    (`2.5.1`, `4.0.1`); empty where the source doesn't say.
    """

    format: str
    version: str
    root: Any


class Unreadable(ValueError):  # noqa: N818 -- it is told to who wrote the path
    """Text that is no path of a format, or a path that this document can't be asked: a mistake of who wrote the profile
    or route, not of the data, of which the message says nothing."""


Reader = Callable[[Document], dict[str, list[Any]]]
"""What stands at each of some paths in a document, as far as it carries information; without places."""


@dataclass(slots=True)
class Glance:
    """What an acknowledgement needs to know of a message before it is parsed. `subject`: whom it is about, in the
    sender's own bytes, so that messages about one person are worked one after another. Not frozen: one is made while
    its sender waits, and freezing costs more than making."""

    sender: tuple[str, ...] = ()
    control_id: str = field(default="", repr=False)
    processing_id: str = ""
    subject: bytes = field(default=b"", repr=False)
    issues: tuple[Issue, ...] = ()
    reply: Callable[[Iterable[Issue]], bytes] | None = field(default=None, repr=False)
    """`Format.reply`, from what was read already."""
    is_part: bool = False
    """Whether this is a part of a message that was sent in several (`Continuing`)."""


@runtime_checkable
class Glancing(Protocol):
    """A format whose messages are acknowledged one by one."""

    def glance(self, raw: bytes) -> Glance:
        """Quick, and never an exception for bad data."""

    def refuse(self, raw: bytes, issues: tuple[Issue, ...]) -> bytes:
        """The answer to a message that could not be stored: never one that lets the sender forget it."""

    def answer(self, raw: bytes, issues: tuple[Issue, ...]) -> bytes:
        """What the sender is told once the message has been worked, beside `Format.reply`; empty for nothing."""


@runtime_checkable
class Continuing(Glancing, Protocol):
    """A format whose messages may come in several parts."""

    def joined(self, part: bytes, others: Sequence[bytes]) -> tuple[bytes, tuple[int, ...]] | None:
        """The whole message that a part and some of the others make, and the places of these; None while one is
        missing."""


class Reading(Protocol):
    """What reads a format's paths. Formats may have `reader(paths) -> Reader` too, for many paths at once: made once,
    it doesn't find out where anything stands. It passes over what is no path."""

    def values(self, document: Document, path: str) -> list[tuple[Any, Where]]:
        """As `Format.values`."""


class Format(Protocol):
    """A codec, found through the entry point group `sdoh_gateway.formats`. `name` is what users type."""

    name: str
    suffixes: tuple[str, ...]
    """File suffixes; the first is written: `.hl7`."""
    media_type: str

    def sniff(self, head: bytes) -> bool:
        """True when these first bytes (at most 4 KiB) look like this format."""

    def split(self, raw: bytes) -> list[bytes]:
        """The documents in a source: the messages of a batch; usually one."""

    def parse(self, raw: bytes) -> Result[Document]:
        """The tree, or None when there is nothing to work with; never an exception for bad data."""

    def render(self, document: Document) -> Result[bytes]:
        """The bytes; those of an untouched parsed document are the bytes it was parsed from."""

    def values(self, document: Document, path: str) -> list[tuple[Any, Where]]:
        """What stands at a path as users write it, each with its place: for profiles, assertions and routes."""

    def reply(self, raw: bytes, issues: Iterable[Issue]) -> bytes:
        """The acknowledgement that the sender's protocol expects; empty where there is none."""

    @property
    def syntax(self) -> Syntax:
        """The format's path syntax, for the map compiler."""
