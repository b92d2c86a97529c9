"""Bare conversion and validation: a body in, a body out, nothing is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from conformance.catalogue import issue
from conformance.issue import SEVERITIES, Issue
from conformance.render.operation_outcome import operation_outcome
from gateway.sources import AUTO
from gateway.targets import BUNDLE_FORMS, FORMATS
from gateway.web import media, shapes
from gateway.web.media import FHIR, JSON, Schema
from gateway.web.route import Answer, Call, Parameter, Refused, Reply, Route
from gateway.web.work import CONVERT, VALIDATE, Checked, Conversion, Made, Validation

ISSUES = "Issues"
ISSUES_HEADER = {ISSUES: "How many issues there are of each severity: `fatal=0, error=0, warning=2, information=1`."}


def counted(issues: Iterable[Issue]) -> str:
    """The value of the header `Issues`."""
    found = Counter(one.severity for one in issues)
    return ", ".join(f"{severity}={found[severity]}" for severity in SEVERITIES)


def converted(call: Call, asked: Conversion) -> Made:
    """What a worker made of it. Refused: 400 when what was asked for isn't there, 422 when nothing was made."""
    made: Made = call.services.compute(CONVERT, asked, call.services.site())
    if made.misuse:
        raise Refused(400, issue("HTTP-0012", problem=made.misuse))
    if made.content is None and not asked.account:
        raise Refused(422, *made.issues)
    return made


def checked(call: Call, asked: Validation) -> Checked:
    """What a worker found. Refused when what was asked for isn't there."""
    found: Checked = call.services.compute(VALIDATE, asked)
    if found.misuse:
        raise Refused(400, issue("HTTP-0012", problem=found.misuse))
    return found


def _convert(call: Call) -> Reply:
    query = call.query
    full = query["answer"] == "full"
    made = converted(
        call,
        Conversion(
            body=call.body,
            from_=media.format_of(call.media_type) or AUTO,
            to=query["to"],
            as_=query["as"],
            map=query["map"],
            bundle=query["bundle"],
            account=full,
        ),
    )
    headers = {ISSUES: counted(made.issues)}
    if not full:
        return Reply(content=made.content, media_type=made.media_type, headers=headers)
    return Reply(content=_in_full(made), headers=headers)


def _in_full(made: Made) -> shapes.Converted:
    return shapes.Converted(
        media_type=made.media_type or None,
        value=made.value,
        outcome=operation_outcome(made.issues),
        counts=made.counts,
        rows=made.rows,
    )


def _validate(call: Call) -> Reply:
    asked = Validation(
        body=call.body, from_=media.format_of(call.media_type) or AUTO, profiles=tuple(call.query["profile"])
    )
    found = checked(call, asked)
    outcome = operation_outcome(found.issues, found=call.query["found"])
    return Reply(content=outcome, media_type=FHIR, headers={ISSUES: counted(found.issues)})


OUTCOME: Schema = {
    "title": "OperationOutcome",
    "type": "object",
    "required": ["resourceType", "issue"],
    "properties": {"resourceType": {"const": "OperationOutcome"}, "issue": {"type": "array", "minItems": 1}},
}
_UNPROCESSABLE = Answer(description="Nothing could be made of it; the issues say why.")
_BUSY = Answer(description="All workers are busy, or the gateway is stopping; try again.")


_BODY = {one: media.schema_of(one) for one in media.taken()}
_WRITTEN = {one: media.schema_of(one) for name in FORMATS for one in media.types_of(name)[:1]}
_DOCUMENTS: dict[str, Schema | None] = {**_WRITTEN, media.NDJSON: {"type": "string"}, JSON: shapes.Converted}

ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path="/api/v1/convert",
        id="convert",
        tag="conversion",
        summary="Convert one document",
        description="The same as `sdoh-gateway convert`, by the settings of this gateway. Give `to` or `as`.",
        handler=_convert,
        needs="convert",
        query=(
            Parameter(name="to", kind="choice", choices=FORMATS, description="The format to make."),
            Parameter(name="as", description="A named form, `alerts@1.1.0`, `ADT_A03@2.5.1` or `adt@2.5.1`."),
            Parameter(name="map", kind="name", description="The id of the map to use; else the one that fits."),
            Parameter(
                name="bundle", kind="choice", choices=BUNDLE_FORMS, default="message", description="FHIR as what."
            ),
            Parameter(
                name="answer",
                kind="choice",
                choices=("bare", "full"),
                default="bare",
                description="The document alone, or with its issues and the account of every field.",
            ),
        ),
        body=_BODY,
        answers={
            200: Answer(description="The document.", content=_DOCUMENTS, headers=ISSUES_HEADER),
            422: _UNPROCESSABLE,
            503: _BUSY,
        },
    ),
    Route(
        method="POST",
        path="/api/v1/validate",
        id="validate",
        tag="conversion",
        summary="Say what is wrong, and where",
        description="The same as `sdoh-gateway validate`. Without `profile`: FHIR by `meta.profile` and its base "
        "definition, HL7 v2 by the structure of its version.",
        handler=_validate,
        needs="convert",
        query=(
            Parameter(
                name="profile",
                repeated=True,
                description="A profile's URL, or the id of one that the gateway brings; may be given again.",
            ),
            Parameter(name="found", kind="boolean", default=False, description="Whether to quote what was found."),
        ),
        body=_BODY,
        answers={
            200: Answer(
                description="An OperationOutcome, whatever was found.",
                content={FHIR: OUTCOME},
                headers=ISSUES_HEADER,
            ),
            503: _BUSY,
        },
    ),
)
