"""`gateway.yaml` as a whole."""

from __future__ import annotations

from pydantic import Field

from gateway.config.channels import (
    AnyChannel,
    AnyDestination,
    HttpSection,
    Name,
    RuleSection,
    StoreSection,
    WorkSection,
)
from gateway.config.model import Config as SiteConfig

PROTECTED: list[dict[str, object]] = [
    {"name": "protected-person", "when": {"hl7v2:PD1-12": "Y"}},
    {"name": "protected-visit", "when": {"hl7v2:PV2-22": "Y"}},
    {"name": "access-restriction", "when": {"hl7v2:ARV-3": {"is": "valued"}}},
    {"name": "vip", "when": {"hl7v2:PV1-16": {"is": "valued"}}},
    {"name": "security-label", "when": {"security": {"in": ["R", "V"]}}},
]
"""What holds every notification back until a person has looked, unless the file says otherwise."""

_ALL = ["hub", "cbo", "practitioner", "plan", "other"]


class Config(SiteConfig):
    """`gateway.yaml`."""

    store: StoreSection = StoreSection()
    http: HttpSection | None = Field(None, description="Without it the gateway does not listen for HTTP")
    work: WorkSection = WorkSection()
    channels: dict[Name, AnyChannel] = Field({}, description="Ways in, by a name of your choice")
    destinations: dict[Name, AnyDestination] = Field({}, description="Ways out, by a name of your choice")
    routes: list[RuleSection] = Field([], description="Who is told")
    holds: list[RuleSection] = Field(
        [RuleSection.model_validate({**rule, "hold": _ALL}) for rule in PROTECTED],
        description="What lets notifications wait for a person's decision; by default protection indicators do",
    )
