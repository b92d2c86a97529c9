"""One description of each route: what is registered, checked and written into `/openapi.json` is made from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from conformance.catalogue import issue
from conformance.issue import Issue
from gateway.web import media
from gateway.web.media import Schema

if TYPE_CHECKING:
    from gateway.web.metrics import Metrics
    from gateway.web.services import Services
    from gateway.web.settings import ApiKey, Scope, Settings

Kind = Literal["text", "name", "integer", "boolean", "time", "choice"]


class Refused(Exception):  # noqa: N818 (an answer, not a mistake)
    """The request ends with this status. What the issues found is told to the client, who sent it."""

    def __init__(self, status: int, *issues: Issue, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.issues = issues
        self.headers = headers or {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A query parameter. `name` kinds are words of the configuration or of ours; `text` is free."""

    name: str
    description: str
    kind: Kind = "text"
    choices: tuple[str, ...] = ()
    least: int = 1
    most: int = 1000
    repeated: bool = False
    default: Any = None

    @property
    def schema(self) -> dict[str, Any]:
        """One value's JSON Schema."""
        schemas: dict[Kind, dict[str, Any]] = {
            "text": {"type": "string", "minLength": 1, "maxLength": 500},
            "name": {"type": "string", "pattern": _NAME.pattern},
            "integer": {"type": "integer", "minimum": self.least, "maximum": self.most},
            "boolean": {"type": "boolean"},
            "time": {"type": "string", "format": "date-time"},
            "choice": {"type": "string", "enum": list(self.choices)},
        }
        made = schemas[self.kind]
        return made if self.default is None else {**made, "default": self.default}

    def read(self, text: str) -> Any:
        """The value. Refused when it can't be read."""
        value = _READ[self.kind](self, text)
        if value is None:
            raise Refused(400, issue("HTTP-0010", name=self.name, expected=self._expected()))
        return value

    def _expected(self) -> str:
        return {
            "text": "1 to 500 characters",
            "name": "a name of letters, digits and -_.",
            "integer": f"a whole number from {self.least} to {self.most}",
            "boolean": "true or false",
            "time": "a time with its offset, such as 2026-03-01T12:00:00Z",
            "choice": f"one of {', '.join(self.choices)}",
        }[self.kind]


_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")


def _integer(parameter: Parameter, text: str) -> int | None:
    plain = text.isascii() and text.isdigit() and len(text) < 10
    return int(text) if plain and parameter.least <= int(text) <= parameter.most else None


def _time(_: Parameter, text: str) -> datetime | None:
    """RFC 3339. A `+` that came as a space was one before the query was decoded."""
    try:
        time = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError:
        return None
    return time if time.tzinfo is not None else None


def _choice(parameter: Parameter, text: str) -> str | None:
    """A `+` that wasn't encoded comes as a space: `_format=application/fhir+json`."""
    return next((one for one in (text, text.replace(" ", "+")) if one in parameter.choices), None)


_READ: Mapping[Kind, Callable[[Parameter, str], Any]] = {
    "text": lambda _, text: text if 0 < len(text) <= 500 else None,
    "name": lambda _, text: text if _NAME.fullmatch(text) else None,
    "integer": _integer,
    "boolean": lambda _, text: {"true": True, "false": False}.get(text),
    "time": _time,
    "choice": _choice,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One documented answer: media types to schemas (None for anything), and headers with their descriptions."""

    description: str
    content: Mapping[str, Schema | None] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """A request as a handler sees it, checked against its route. `client` is None where no key is needed."""

    services: Services
    settings: Settings
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: bytes = field(repr=False)
    media_type: str
    client: ApiKey | None
    metrics: Metrics
    started: datetime
    """When this app was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a handler answers. `content`: bytes as they are, None for nothing, anything else is written as JSON."""

    content: Any
    status: int = 200
    media_type: str = media.JSON
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`path` has its parameters in braces. `body` maps the media types that are taken to their schemas."""

    method: Literal["GET", "POST"]
    path: str
    id: str
    tag: str
    summary: str
    handler: Callable[[Call], Reply]
    needs: Scope | None
    description: str = ""
    query: Sequence[Parameter] = ()
    body: Mapping[str, Schema | None] = field(default_factory=dict)
    answers: Mapping[int, Answer]
    loopback_only: bool = True
    """Whether a browser's request is turned away where no key is needed; probes give nothing away."""

    @property
    def is_fhir(self) -> bool:
        """Whether its errors are OperationOutcomes."""
        return self.path.startswith("/fhir")

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in the path."""
        return tuple(re.findall(r"\{(\w+)\}", self.path))
