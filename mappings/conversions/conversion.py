"""What a named conversion is, and what it may know about the run that uses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class Settings(Protocol):
    """The site's settings that conversions read."""

    @property
    def salt(self) -> str:
        """The tenant's salt of ids."""

    @property
    def zone(self) -> str | None:
        """The sender's IANA zone."""

    @property
    def default_zone(self) -> str | None:
        """The zone of senders without their own; None for UTC."""

    @property
    def authorities(self) -> Mapping[str, str]:
        """Namespace id, universal id or coding-system name -> URI."""

    @property
    def sender(self) -> str:
        """The channel's sender, for keys of things whose source names no authority."""


class Run(Protocol):
    """One document being mapped."""

    @property
    def settings(self) -> Settings: ...

    @property
    def facility(self) -> list[str]:
        """MSH-4 as HD components; empty outside HL7 v2."""

    @property
    def said(self) -> set[str]:
        """What was said once and needs no repetition."""

    def say(self, code: str, found: str | None = None) -> None:
        """Records an issue at the place being converted."""


Field = list[list[list[str]]]
"""A whole field: repetitions -> components -> subcomponents, decoded; absent ones are ''."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """A named function between two formats' values, with its inverse.

    `forward` gets one text (never ''), or a list of texts where the rule names several paths (absent ones are ''), or
    with `whole` the field's repetitions (`Field`; several paths: a list of them). `backward` gets the FHIR value and
    returns what `forward` got. None from either means that there is nothing to write.
    """

    name: str
    forward: Callable[..., Any]
    backward: Callable[..., Any] | None
    """None: one-way by design, `doc` says why."""
    gives: str
    """The FHIR type, `key` or `object`."""
    lossy: bool = False
    """The inverse gives an equivalent text, not always the same."""
    quiet: bool = False
    """Giving nothing is no finding: another rule has the rest."""
    whole: bool = False
    doc: str = ""


def once(run: Run, code: str, found: str | None = None) -> None:
    """Says an issue the first time in a run, so that thirty times without an offset are one warning."""
    if code not in run.said:
        run.said.add(code)
        run.say(code, found)
