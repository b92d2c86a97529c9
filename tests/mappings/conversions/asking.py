"""A run that conversions can ask and tell, without the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class AskingSettings:
    salt: str = "test"
    zone: str | None = None
    default_zone: str | None = None
    authorities: Mapping[str, str] = field(default_factory=dict)
    sender: str = ""


class Asking:
    """Takes the settings' fields; `codes()` is what was said."""

    def __init__(
        self,
        *,
        zone: str | None = None,
        default_zone: str | None = None,
        authorities: Mapping[str, str] | None = None,
        sender: str = "",
        facility: list[str] | None = None,
    ) -> None:
        self.settings = AskingSettings(
            zone=zone, default_zone=default_zone, authorities=authorities or {}, sender=sender
        )
        self.facility = facility or []
        self.said: set[str] = set()
        self.told: list[tuple[str, str | None]] = []

    def say(self, code: str, found: str | None = None) -> None:
        self.told.append((code, found))

    def codes(self) -> list[str]:
        return [code for code, _ in self.told]
