"""The sections of `gateway.yaml` and their types. One class a section; all keys are checked."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr


class Section(BaseModel):
    """Base of every section: unknown keys are errors, values don't change once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _zone(name: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise ValueError("not a time zone of the IANA database, such as America/New_York") from None
    return name


def _uri(text: str) -> str:
    scheme, colon, rest = text.partition(":")
    if not (colon and rest and scheme.isascii() and scheme.isalnum()) or any(c.isspace() for c in text):
        raise ValueError("not an absolute URI, such as urn:oid:2.16.840.1.113883.4.1 or https://example.org/mrn")
    return text


def _one_or_more(value: object) -> object:
    return value if isinstance(value, list) else [value]


Zone = Annotated[str, AfterValidator(_zone)]
Uri = Annotated[str, AfterValidator(_uri)]
Texts = Annotated[list[str], BeforeValidator(_one_or_more, json_schema_input_type=str | list[str])]


class TenantSection(Section):
    """Whose installation this is."""

    salt: SecretStr | None = Field(None, min_length=8, description="Secret that all ids are made with; never change it")


class SenderSection(Section):
    """What is known of one sending system; the first one whose `match` holds is taken."""

    match: dict[str, Texts] = Field(
        min_length=1,
        description="Paths in the source to the texts that may stand there, all of them: {MSH-3: EPIC, MSH-4: [A, B]}",
    )
    zone: Zone | None = Field(None, description="The zone of times sent without an offset")
    overlays: Texts = Field([], description="Folders of maps and tables that override others for this sender")
    attach_original: bool = Field(False, description="Add what was received to its FHIR: Binary, DocumentReference")
    updates: Literal["snapshot", "patch"] = Field(
        "snapshot", description="A08, A31 and the like: all that is known, or what changes (empty keeps, null deletes)"
    )
    authorities: dict[str, Uri] = Field(
        {}, description="Assigning authority, by name or OID, to the URI that FHIR uses"
    )


class Config(Section):
    """`gateway.yaml`."""

    tenant: TenantSection = TenantSection()
    default_zone: Zone | None = Field(None, description="The zone of times without an offset, for any sender; else UTC")
    authorities: dict[str, Uri] = Field({}, description="Assigning authorities known for every sender")
    senders: dict[str, SenderSection] = Field({}, description="Sending systems by a name of your choice")
    overlays: Texts = Field([], description="Folders of maps and tables that override the shipped ones by id")
    package_registry: Uri | None = Field(None, description="The registry that FHIR packages are fetched from, by URL")
