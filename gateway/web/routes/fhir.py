"""The FHIR R4 side, https://hl7.org/fhir/R4/http.html: operations, and the statement of what there is."""

from __future__ import annotations

from typing import Any

from adapters.formats.fhir import FORMAT
from conformance.catalogue import issue
from conformance.issue import has_errors
from gateway.plan import Channel
from gateway.targets import KINDS
from gateway.web import capability, media, rows
from gateway.web.media import FHIR, JSON, Schema
from gateway.web.parameters import Given, given
from gateway.web.route import Answer, Call, Parameter, Refused, Reply, Route
from gateway.web.routes.conversion import ISSUES, ISSUES_HEADER, OUTCOME, checked, converted, counted
from gateway.web.routes.messages import channel_of, take
from gateway.web.work import Conversion, Validation

INPUT_TYPES = {"Hl7v2": "hl7v2", "Ccda": "ccda", "Json": "json", "Fhir": "fhir", "Csv": "csv"}
"""`inputDataType` of $convert-data to the formats' names here. Without a format `json`, JSON is a resource or rows."""

_RESOURCE = media.RESOURCE
_BODY: dict[str, Schema | None] = {one: media.schema_of(one) for one in (FHIR, JSON, media.FHIR_XML)}


def _metadata(call: Call) -> Reply:
    return Reply(content=capability.statement(call, ROUTES), media_type=FHIR)


def _definition(call: Call) -> Reply:
    if call.path["id"] != capability.CONVERT_DATA["id"]:
        raise Refused(404, issue("HTTP-0001"))
    return Reply(content=capability.CONVERT_DATA, media_type=FHIR)


def _convert_data(call: Call) -> Reply:
    """The answer is the converted document itself, as clients of this operation expect."""
    values = given(_resource(call))
    kind = values.text("inputDataType")
    if kind not in INPUT_TYPES:
        raise Refused(400, issue("HTTP-0011", problem=f"inputDataType must be one of {', '.join(INPUT_TYPES)}"))
    data, from_ = values.text("inputData"), INPUT_TYPES[kind]
    if data is None:
        raise Refused(400, issue("HTTP-0011", problem="inputData is missing"))
    if from_ == "json" and from_ not in media.readable():
        from_, data = rows.read(data)
    as_, map_ = _template(values)
    asked = Conversion(
        body=data.encode("utf-8", "surrogatepass"),
        from_=from_,
        to="fhir",
        as_=as_,
        map=map_,
    )
    made = converted(call, asked)
    return Reply(content=made.content, media_type=made.media_type, headers={ISSUES: counted(made.issues)})


def _template(values: Given) -> tuple[str | None, str | None]:
    """`rootTemplate` as a target or a map of ours. The names that other servers use for the structure of the source
    (`ADT_A01`, `CCD`) say nothing that the source doesn't say itself."""
    name = values.text("rootTemplate") or ""
    if name.partition("@")[0] in KINDS:
        return name, None
    return (None, name) if name and name.islower() else (None, None)


def _validate(call: Call) -> Reply:
    kind = call.path.get("type", "")
    if kind and kind not in capability.types():
        raise Refused(404, issue("HTTP-0001"))
    profiles = tuple(call.query["profile"])
    asked = Validation(body=call.body, from_="fhir", profiles=profiles, type_=kind)
    if (values := _parameters(call)) is not None:
        _check_mode(values)
        resource = values.resource("resource")
        profile = values.text("profile")
        asked = Validation(body=resource, profiles=(*profiles, *([profile] if profile else ())), type_=kind)
    found = checked(call, asked)
    outcome = FORMAT.reply(b"", found.issues)
    return Reply(
        status=200 if found.readable else 400,
        content=outcome,
        media_type=FHIR,
        headers={ISSUES: counted(found.issues)},
    )


def _check_mode(values: Given) -> None:
    """Only what the resource is like can be judged: there is nothing stored that a change could be held against."""
    mode = values.text("mode")
    if mode not in (None, "create", "profile"):
        raise Refused(400, issue("HTTP-0011", problem="mode must be create or profile"))


def _parameters(call: Call) -> Given | None:
    """The body's values when it is a Parameters resource that wraps what is to be validated."""
    if b"Parameters" not in call.body or call.path.get("type") == "Parameters":
        return None
    found = FORMAT.parse(call.body).value
    return given(found.root) if found and found.root.get("resourceType") == "Parameters" else None


def _resource(call: Call) -> dict[str, Any]:
    """The body as a resource. Refused with the codec's findings when it is none."""
    result = FORMAT.parse(call.body)
    if result.value is None:
        raise Refused(400, *result.issues)
    root: dict[str, Any] = result.value.root
    return root


def _process_message(call: Call) -> Reply:
    """202 is what the operation's definition says for custody taken: nothing of the message is worked yet."""
    if call.query["async"] or call.query["response-url"]:
        raise Refused(400, issue("HTTP-0012", problem="answers are not sent to another address"))
    channel = _message_channel(call)
    root = _resource(call)
    if root.get("resourceType") != "Bundle" or root.get("type") != "message":
        raise Refused(400, issue("HTTP-0011", problem="it must be a Bundle of type message"))
    (taken,) = take(call, channel)
    if taken.stored is None:
        raise AssertionError("what is not stored is an UnavailableError")
    if has_errors(taken.stored.issues):
        raise Refused(422, *taken.stored.issues)
    headers = {"Location": f"/api/v1/messages/{taken.stored.id}", "Message-Id": taken.stored.id}
    outcome = FORMAT.reply(b"", (issue("HTTP-0016"), *taken.stored.issues))
    return Reply(status=202, content=outcome, media_type=FHIR, headers=headers)


def _message_channel(call: Call) -> Channel:
    """The one that the settings name, else the only one over HTTP that takes FHIR."""
    name = capability.message_channel(call)
    if name is None:
        raise Refused(404, issue("HTTP-0001"))
    return channel_of(call, name)


_FORMAT = Parameter(
    name="_format", kind="choice", choices=("json", JSON, FHIR), description="Answers are JSON, whatever is asked for."
)
_PRETTY = Parameter(name="_pretty", kind="boolean", description="Is taken and changes nothing.")
_GENERAL = (_FORMAT, _PRETTY)
_PROFILE = Parameter(name="profile", repeated=True, description="A profile's URL or id; may be given again.")
_BUSY = Answer(description="All workers are busy, or the gateway is stopping; try again.")
_OUTCOME = Answer(
    description="An OperationOutcome, whatever was found.", content={FHIR: OUTCOME}, headers=ISSUES_HEADER
)


def _validating(path: str, name: str) -> Route:
    return Route(
        method="POST",
        path=path,
        id=name,
        tag="fhir",
        summary="Validate a resource",
        description="The body is the resource, or a Parameters resource with `resource`, `profile` and `mode`.",
        handler=_validate,
        needs="convert",
        query=(_PROFILE, *_GENERAL),
        body=_BODY,
        answers={200: _OUTCOME, 503: _BUSY} | ({404: Answer(description="No such type in R4.")} if "{" in path else {}),
    )


ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/fhir/metadata",
        id="capabilities",
        tag="fhir",
        summary="The CapabilityStatement",
        handler=_metadata,
        needs=None,
        query=_GENERAL,
        answers={200: Answer(description="What there is here.", content={FHIR: _RESOURCE})},
    ),
    Route(
        method="GET",
        path="/fhir/OperationDefinition/{id}",
        id="operationDefinition",
        tag="fhir",
        summary="The definition of $convert-data",
        handler=_definition,
        needs=None,
        query=_GENERAL,
        answers={
            200: Answer(description="The definition.", content={FHIR: _RESOURCE}),
            404: Answer(description="No such definition here."),
        },
    ),
    Route(
        method="POST",
        path="/fhir/$convert-data",
        id="convertData",
        tag="fhir",
        summary="Convert a document to FHIR",
        description="A Parameters resource with `inputData`, `inputDataType` (Hl7v2, Ccda, Json, Fhir, Csv) and, if "
        "wanted, `rootTemplate`: a map's id, or a form such as `alerts@1.1.0`. `templateCollectionReference` is taken "
        "and changes nothing: the maps are those of this gateway. The answer is the resource that was made.",
        handler=_convert_data,
        needs="convert",
        query=_GENERAL,
        body=_BODY,
        answers={
            200: Answer(description="The resource.", content={FHIR: _RESOURCE}, headers=ISSUES_HEADER),
            422: Answer(description="Nothing could be made of it; the issues say why."),
            503: _BUSY,
        },
    ),
    _validating("/fhir/$validate", "validateResource"),
    _validating("/fhir/{type}/$validate", "validateType"),
    Route(
        method="POST",
        path="/fhir/$process-message",
        id="processMessage",
        tag="fhir",
        summary="Hand over a FHIR message",
        description="A Bundle of type message is stored in the gateway's channel for FHIR. The answer comes once it "
        "is on disk; what becomes of it later is not told here.",
        handler=_process_message,
        needs="send",
        query=(
            Parameter(name="async", kind="boolean", default=False, description="Only `false` is possible."),
            Parameter(name="response-url", description="Can't be used."),
            *_GENERAL,
        ),
        body=_BODY,
        answers={
            202: Answer(
                description="Stored.",
                content={FHIR: OUTCOME},
                headers={"Location": "Where to see what becomes of it.", "Message-Id": "The id of the message."},
            ),
            404: Answer(description="There is no channel for FHIR messages."),
            422: Answer(description="Refused at the door, and stored in quarantine."),
            503: Answer(description="Not stored; send it again."),
        },
    ),
)
