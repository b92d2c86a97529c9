"""Measure: criteria in CQL name definitions that the measure's library has. measure.html"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from conformance.definitions.pack import Facts
from conformance.fhir.content.code_system import objects
from conformance.fhir.fhirpath import Node

if TYPE_CHECKING:
    from conformance.fhir.walk import Walk


def check(walk: Walk, node: Node) -> None:
    libraries = _libraries(walk, node.value.get("library"))
    if not libraries:
        return
    names = {str(each.get("name")): _defined(each) for each in libraries}
    for path, criteria in _criteria(node):
        if criteria.get("language") in ("text/cql", "text/cql.identifier", "text/cql-identifier"):
            library, _, name = str(criteria.get("expression", "")).rpartition(".")
            defined = names.get(library) if library else next(iter(names.values()))
            if defined is None or (defined and name.strip('"') not in defined):
                walk.report("FHIR-0143", path)


def _libraries(walk: Walk, urls: Any) -> list[Facts]:
    found = (
        [walk.plans.registry.find("Library", url) for url in urls if isinstance(url, str)]
        if isinstance(urls, list)
        else []
    )
    return [each.facts for each in found if each is not None]


def _defined(library: Facts) -> set[str]:
    """The names that a library's CQL defines; empty where its text isn't here."""
    names: set[str] = set()
    for content in objects(library.get("content")):
        if content.get("contentType") == "text/cql" and isinstance(content.get("data"), str):
            try:
                text = base64.b64decode(content["data"], validate=False).decode("utf-8", "replace")
            except (ValueError, binascii.Error):
                continue
            names |= {quoted or plain for quoted, plain in re.findall(r'(?m)^\s*define\s+(?:"([^"\n]+)"|(\w+))', text)}
    return names


def _criteria(node: Node) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, group in enumerate(objects(node.value.get("group"))):
        for kind in ("population", "stratifier"):
            for index, each in enumerate(objects(group.get(kind))):
                if isinstance(each.get("criteria"), dict):
                    yield f"{node.path}.group[{number}].{kind}[{index}].criteria", each["criteria"]
