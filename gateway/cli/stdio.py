"""`sdoh-gateway validate --stdio`: a process that answers one request a line, and that no line can end.

A request is a JSON object: `file`, and at will `profile` (a file with a StructureDefinition), `profile_url` (a
canonical) and `igs` (packages, or files with one definition). Its answer is an OperationOutcome on one line.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, BinaryIO

from conformance.catalogue import issue
from conformance.issue import Issue
from conformance.render.operation_outcome import operation_outcome
from gateway.cli.inputs import Input
from gateway.sources import AUTO, parts
from gateway.targets import Misuse
from gateway.validation import checks

LONGEST = 1 << 20
"""Bytes of a request."""
_KEYS = ("file", "profile", "profile_url", "igs")
_FREEZE_AFTER = 20
"""Answers after which what is loaded is taken as there to stay, so that the collector leaves it alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    file: str
    profile: str = ""
    profile_url: str = ""
    igs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """`profiles` and `packages` hold for every request, besides its own."""

    profiles: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    strict_models: bool = False
    found: bool = False

    def answer(self, line: bytes) -> bytes:
        """The OperationOutcome for a line, with its line end; never an exception."""
        from adapters.formats.fhir.writer import write

        try:
            issues = tuple(self._issues(line))
        except Exception as error:  # noqa: BLE001 (a mistake of ours must not end a process that others wait for)
            issues = (issue("IO-0009", problem=type(error).__name__),)
        return (write(operation_outcome(issues, found=self.found)).value or b"{}") + b"\n"

    def _issues(self, line: bytes) -> Iterator[Issue]:
        try:
            asked = request(line)
            yield from self._validated(asked)
        except Misuse as misuse:
            yield issue("IO-0008", problem=str(misuse))

    def _validated(self, asked: Request) -> Iterator[Issue]:
        own = (asked.profile_url or asked.profile,) if asked.profile_url or asked.profile else ()
        named = (asked.profile,) if asked.profile_url and asked.profile else ()
        made = checks((*self.profiles, *own), (*self.packages, *asked.igs, *named), strict_models=self.strict_models)
        yield from (one for one in made.load() if one.severity != "information")
        path = Path(asked.file)
        raw, problems = Input(path=path, name=asked.file, below=PurePath(path.name)).read()
        yield from problems
        for part in () if problems else parts(raw, AUTO):
            name = f"{asked.file}#{part.number}" if part.count > 1 else asked.file
            yield from (one.within(name) for one in made.findings(part))


def request(line: bytes) -> Request:
    """Misuse, in words for whoever wrote it, for a line that is no request."""
    if len(line) > LONGEST:
        raise Misuse(f"it has more than {LONGEST} bytes")
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError):
        raise Misuse("it is not JSON") from None
    if not isinstance(asked, dict):
        raise Misuse("it is not an object")
    if unknown := [key for key in asked if key not in _KEYS]:
        raise Misuse(f"it has {len(unknown)} keys that mean nothing here; there are {', '.join(_KEYS)}")
    texts = {key: _text(asked, key) for key in ("file", "profile", "profile_url")}
    if not texts["file"]:
        raise Misuse("it names no `file`")
    return Request(igs=_texts(asked.get("igs")), **texts)


def _text(asked: dict[str, Any], key: str) -> str:
    value = asked.get(key) or ""
    if not isinstance(value, str) or "\0" in value:
        raise Misuse(f"`{key}` is not a text")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    listed = [value] if isinstance(value, str) else value or []
    if not isinstance(listed, list) or not all(isinstance(one, str) and "\0" not in one for one in listed):
        raise Misuse("`igs` is not a list of texts")
    return tuple(listed)


def serve(
    profiles: Sequence[str],
    packages: Sequence[str],
    *,
    strict_models: bool = False,
    found: bool = False,
    source: BinaryIO | None = None,
    target: BinaryIO | None = None,
) -> None:
    """Answers until there are no more lines. Misuse at once for profiles and packages that aren't there."""
    server = Server(profiles=tuple(profiles), packages=tuple(packages), strict_models=strict_models, found=found)
    checks(server.profiles, server.packages, strict_models=strict_models).load()
    out = target or sys.stdout.buffer
    for number, line in enumerate(_lines(source or sys.stdin.buffer), 1):
        out.write(server.answer(line))
        out.flush()
        if number == _FREEZE_AFTER:
            gc.freeze()


def _lines(source: BinaryIO) -> Iterator[bytes]:
    """Lines that aren't empty; of one that is too long, what makes it too long and no more."""
    while line := source.readline(LONGEST + 1):
        rest = line
        while rest and not rest.endswith(b"\n") and len(line) > LONGEST:
            rest = source.readline(LONGEST)
        if line.strip():
            yield line
