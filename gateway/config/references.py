"""`${env:NAME}` and `${file:PATH}` in the scalars of a settings file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.catalogue import issue
from conformance.issue import Issue
from conformance.yaml import Text, place

MAX_BYTES = 64 * 1024
_REFERENCE = re.compile(r"\$\$\{|\$\{(?:(env|file):([^{}]*)|[^}]*)\}?")

Location = tuple[str | int, ...]


@dataclass(slots=True)
class Resolver:
    """Turns what `conformance.yaml.load` gave into plain dict, list, str and None, with references put in.

    `written` keeps the text of each scalar that held one, by its location: to be shown in place of the secret;
    `failed` are the locations whose reference leads nowhere.
    """

    source: str
    folder: Path
    environment: Mapping[str, str]
    issues: list[Issue] = field(default_factory=list)
    written: dict[Location, str] = field(default_factory=dict)
    failed: set[Location] = field(default_factory=set)

    def plain(self, node: Any, at: Location = ()) -> Any:
        if isinstance(node, dict):
            return {str(key): self.plain(value, (*at, str(key))) for key, value in node.items()}
        if isinstance(node, list):
            return [self.plain(item, (*at, number)) for number, item in enumerate(node)]
        if node is None or (isinstance(node, Text) and node.null):
            return None
        return self._resolved(node, at) if "${" in node else str(node)

    def _resolved(self, text: Text, at: Location) -> str:
        known = len(self.issues)
        self.written[at] = str(text)
        value = "".join(self._parts(text))
        if len(self.issues) > known:
            self.failed.add(at)
        return value

    def _parts(self, text: Text) -> Iterator[str]:
        end = 0
        for match in _REFERENCE.finditer(text):
            yield text[end : match.start()]
            yield "${" if match.group() == "$${" else self._value(text, match[1], match[2])
            end = match.end()
        yield text[end:]

    def _value(self, text: Text, kind: str | None, name: str | None) -> str:
        if kind == "env" and name:
            return self._variable(text, name)
        if kind == "file" and name:
            return self._file(text, name)
        self.issues.append(issue("CFG-0007", place(text, self.source), found=str(text)))
        return ""

    def _variable(self, text: Text, name: str) -> str:
        if not self.environment.get(name):
            self.issues.append(issue("CFG-0005", place(text, self.source), variable=name))
        return self.environment.get(name, "")

    def _file(self, text: Text, name: str) -> str:
        try:
            with (self.folder / name).open("rb") as stream:
                raw = stream.read(MAX_BYTES + 1)
            if len(raw) > MAX_BYTES:
                raise OSError(f"more than {MAX_BYTES} bytes")
            return raw.decode("utf-8").rstrip("\r\n")
        except (OSError, ValueError) as error:
            problem = getattr(error, "strerror", None) or ("not UTF-8" if isinstance(error, ValueError) else str(error))
            self.issues.append(issue("CFG-0006", place(text, self.source), problem=problem, found=name))
            return ""
