"""What the FHIR side can do, as a CapabilityStatement: https://hl7.org/fhir/R4/capabilitystatement.html."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from gateway._version import __version__
from gateway.web.media import FHIR
from gateway.web.route import Call, Route

_HL7 = "http://hl7.org/fhir/OperationDefinition/"
_ABSTRACT = ("Resource", "DomainResource")

_DATA_TYPES = "Hl7v2, Ccda, Json, Fhir or Csv"


def _parameter(name: str, least: int, type_: str, documentation: str, use: str = "in") -> dict[str, Any]:
    return {"name": name, "use": use, "min": least, "max": "1", "documentation": documentation, "type": type_}


CONVERT_DATA: dict[str, Any] = {
    "resourceType": "OperationDefinition",
    "id": "convert-data",
    "url": "urn:sdoh-gateway:operation:convert-data",
    "version": __version__,
    "name": "ConvertData",
    "title": "Convert data to FHIR",
    "status": "active",
    "kind": "operation",
    "description": "Converts one document to FHIR R4 by the maps of this gateway. Nothing is stored.",
    "affectsState": False,
    "code": "convert-data",
    "system": True,
    "type": False,
    "instance": False,
    "parameter": [
        _parameter("inputData", 1, "string", "The document."),
        _parameter("inputDataType", 1, "string", f"Its format: {_DATA_TYPES}."),
        _parameter("templateCollectionReference", 0, "string", "Is taken and changes nothing."),
        _parameter("rootTemplate", 0, "string", "The id of a map, or a form such as alerts@1.1.0."),
        _parameter("return", 1, "Resource", "What was made: the body of the answer, a Bundle in general.", "out"),
    ],
}


def message_channel(call: Call) -> str | None:
    """The channel that takes FHIR messages: the one that the settings name, else the only one that could."""
    channels = call.services.channels()
    fitting = [name for name, one in channels.items() if one.format == "fhir"]
    if call.settings.process_message is not None:
        return call.settings.process_message if call.settings.process_message in fitting else None
    return fitting[0] if len(fitting) == 1 else None


def statement(call: Call, routes: Sequence[Route]) -> dict[str, Any]:
    """True to the routes that are there."""
    has_messaging = message_channel(call) is not None
    paths = {route.path for route in routes if has_messaging or route.id != "processMessage"}
    rest: dict[str, Any] = {
        "mode": "server",
        "documentation": "Operations only: the gateway stores messages, not resources.",
        "resource": list(_resources()),
        "operation": [one for one in _OPERATIONS if f"/fhir/${one['name']}" in paths],
    }
    if call.settings.keys:
        rest["security"] = {"description": "An API key, as `Authorization: Bearer KEY` or `X-API-Key: KEY`."}
    made: dict[str, Any] = {
        "resourceType": "CapabilityStatement",
        "name": "SdohGateway",
        "title": "SDOH gateway",
        "status": "active",
        "date": call.started.isoformat(timespec="seconds"),
        "kind": "instance",
        "software": {"name": "sdoh-gateway", "version": __version__},
        "implementation": {"description": "An SDOH gateway"},
        "fhirVersion": "4.0.1",
        "format": [FHIR],
        "rest": [rest],
    }
    if has_messaging:
        made["messaging"] = [{"documentation": "Bundles of type message, any event; stored, then answered with 202."}]
    return made


_OPERATIONS: tuple[dict[str, str], ...] = (
    {"name": "convert-data", "definition": CONVERT_DATA["url"]},
    {"name": "process-message", "definition": f"{_HL7}MessageHeader-process-message"},
    {"name": "validate", "definition": f"{_HL7}Resource-validate"},
)


@cache
def types() -> tuple[str, ...]:
    """The concrete resource types of R4."""
    from conformance.definitions import r4
    from conformance.definitions.registry import Registry

    urls = (url for url in Registry().urls("StructureDefinition") if url.startswith(r4.CANONICAL))
    names = sorted({url.removeprefix(r4.CANONICAL) for url in urls})
    return tuple(name for name in names if name not in _ABSTRACT and r4.is_resource(name))


@cache
def _resources() -> tuple[dict[str, Any], ...]:
    validate = {"name": "validate", "definition": f"{_HL7}Resource-validate"}
    return tuple({"type": name, "operation": [validate]} for name in types())
