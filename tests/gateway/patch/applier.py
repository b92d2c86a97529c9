"""A receiver of patches, of its own making: applies the Parameters of a FHIRPath Patch (R4, fhirpatch.html).

Only add and delete, which is all that we send. A delete of what isn't there does nothing; an add to an element that
isn't there, or of an element that may stand once and does, is an error, as the specification has it.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import fhirpathpy
from fhirpathpy.models import models

MANY = frozenset(("identifier", "name", "telecom", "address", "extension", "contact", "communication", "location",
                  "participant", "diagnosis", "type", "given", "line", "coding", "reasonCode", "generalPractitioner",
                  "specialArrangement", "specialCourtesy", "dietPreference"))  # fmt: skip

Resource = dict[str, Any]


def applied(resource: Resource, parameters: Resource) -> Resource:
    """The resource after all operations."""
    made = deepcopy(resource)
    for operation in parameters["parameter"]:
        parts = {part["name"]: part for part in operation["part"]}
        path = parts["path"]["valueString"]
        if parts["type"]["valueCode"] == "delete":
            _delete(made, path)
        else:
            _add(made, path, parts["name"]["valueString"], parts["value"])
    return made


def _found(resource: Resource, path: str) -> list[Any]:
    found: list[Any] = fhirpathpy.evaluate(resource, path, [], models["r4"])
    return found


def _delete(resource: Resource, path: str) -> None:
    found = _found(resource, path)
    assert len(found) <= 1, path
    if not found:
        return
    holder_path, name = _parent(path)
    (holder,) = _found(resource, holder_path)
    target = _same(resource, holder)
    key = next(each for each in target if each == name or (each.startswith(name) and each[len(name)].isupper()))
    if isinstance(target[key], list):
        target[key].remove(found[0])
        if not target[key]:
            del target[key]
    else:
        del target[key]


def _parent(path: str) -> tuple[str, str]:
    """`Patient.name.where(...)[0]`: where the element stands, and its name."""
    bare = path.partition(".where(")[0].removesuffix("[0]")
    holder, _, name = bare.rpartition(".")
    return holder, name


def _same(node: Any, wanted: Any) -> Any:
    """The object of the tree itself that equals what FHIRPath gave."""
    if node is wanted or node == wanted:
        return node
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        if isinstance(each, dict | list) and (found := _same(each, wanted)) is not None:
            return found
    return None


def _add(resource: Resource, path: str, name: str, value: Resource) -> None:
    found = _found(resource, path)
    assert len(found) == 1, f"nothing at {path}"
    target = _same(resource, found[0])
    key, content = _content(name, value)
    if name in MANY:
        target.setdefault(name, []).append(content)
    else:
        assert key not in target, f"{path}.{key} is there"
        target[key] = content


CHOICES = ("deceased", "multipleBirth")


def _content(name: str, part: Resource) -> tuple[str, Any]:
    """The JSON name of an element, and what a part says of it."""
    if "part" in part:
        made: Resource = {}
        for each in part["part"]:
            key, content = _content(each["name"], each)
            if each["name"] in MANY:
                made.setdefault(key, []).append(content)
            else:
                made[key] = content
        return name, made
    key = next(each for each in part if each.startswith("value"))
    return (name + key.removeprefix("value") if name in CHOICES else name), part[key]
