"""`/openapi.json`: OpenAPI 3.1, made from the same routes that are registered and checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from gateway._version import __version__
from gateway.web.media import FHIR, PROBLEM, Schema
from gateway.web.problems import Problem
from gateway.web.route import Answer, Parameter, Route
from gateway.web.routes import routes
from gateway.web.routes.conversion import OUTCOME

_REFS = "#/components/schemas/{model}"
_SECURITY: dict[str, Any] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same key."},
}
_TAGS = {
    "messages": "What comes in.",
    "deliveries": "What goes out.",
    "conversion": "Conversion and validation of what is sent; nothing is kept.",
    "fhir": "FHIR R4. Errors are OperationOutcomes.",
    "health": "Probes, metrics and this description.",
}


@cache
def document(*, keys: bool) -> dict[str, Any]:
    """The description of every route; `keys`: whether clients need one."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes():
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, keys=keys)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "SDOH gateway",
            "version": __version__,
            "description": "Health and social-care data: received, validated, converted, delivered.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "components": {"schemas": _schemas(), "securitySchemes": _SECURITY},
    }


def answers(route: Route) -> dict[int, Answer]:
    """Every answer that a route can give: its own, and those that its description brings with it."""
    own = dict(route.answers)
    for status, description in _general(route):
        own.setdefault(status, Answer(description=description))
    error: Mapping[str, Schema] = {FHIR: OUTCOME} if route.is_fhir else {PROBLEM: Problem}
    return {
        status: one if one.content else Answer(description=one.description, content=error, headers=one.headers)
        for status, one in sorted(own.items())
    }


def _general(route: Route) -> Iterable[tuple[int, str]]:
    if route.query or route.body:
        yield 400, "A parameter or the body can't be read."
    if route.needs:
        yield 401, "No key, or a wrong one."
    if route.needs or route.loopback_only:
        yield 403, "Not with this key, or not from a page of another origin."
        yield 421, "Without keys: not under this host name."
    yield 406, "None of the media types that the request accepts."
    if route.body:
        yield 413, "The body is too large."
        yield 415, "The body's media type is not taken here."


def _operation(route: Route, *, keys: bool) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": route.id,
        "tags": [route.tag],
        "summary": route.summary,
        "parameters": [*map(_in_path, route.parameters), *map(_in_query, route.query)],
        "responses": {str(status): _answer(one, status) for status, one in answers(route).items()},
    }
    if route.description:
        made["description"] = route.description
    if route.body:
        content = {name: _media(schema) for name, schema in route.body.items()}
        made["requestBody"] = {"required": True, "content": content}
    if route.needs and keys:
        made["security"] = [{name: []} for name in _SECURITY]
        made["description"] = f"{route.description} Needs a key that may `{route.needs}`.".strip()
    return made


def _in_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _in_query(parameter: Parameter) -> dict[str, Any]:
    schema = {"type": "array", "items": parameter.schema} if parameter.repeated else parameter.schema
    return {"name": parameter.name, "in": "query", "description": parameter.description, "schema": schema}


def _answer(answer: Answer, status: int) -> dict[str, Any]:
    made: dict[str, Any] = {"description": answer.description or HTTPStatus(status).phrase}
    if answer.content:
        made["content"] = {name: _media(schema) for name, schema in answer.content.items()}
    if answer.headers:
        text = {"type": "string"}
        made["headers"] = {name: {"description": said, "schema": text} for name, said in answer.headers.items()}
    return made


def _media(schema: Schema | None) -> dict[str, Any]:
    if schema is None:
        return {}
    name = schema.__name__ if isinstance(schema, type) else schema.get("title")
    return {"schema": {"$ref": _REFS.format(model=name)} if name else schema}


def _schemas() -> dict[str, Any]:
    """Of every model that a route names and of those within them, and the schemas that have a title."""
    bodies = [schema for route in routes() for schema in route.body.values()]
    contents = [schema for route in routes() for one in answers(route).values() for schema in one.content.values()]
    read = {schema for schema in bodies if isinstance(schema, type)}
    written = {schema for schema in contents if isinstance(schema, type)}
    models = sorted(read | written, key=lambda one: one.__name__)
    modes: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (model, "validation" if model in read else "serialization") for model in models
    ]
    _, schemas = models_json_schema(modes, ref_template=_REFS)
    defs: dict[str, Any] = schemas["$defs"]
    titled = {one["title"]: one for one in (*bodies, *contents) if isinstance(one, Mapping) and "title" in one}
    return dict(sorted({**defs, **titled}.items()))
