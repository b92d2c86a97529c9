"""One-fault mutants of FHIR resources, by class of fault: each is one change that the standard forbids.

What is forbidden is read from R4's types (`conformance.definitions.r4`) and from published snapshots, not from the
validator's plans. Every generator gives every mutant of its class; who uses them takes as many as there is time for.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from conformance.definitions import r4

Json = dict[str, Any]
Path = tuple[str | int, ...]
Mutant = tuple[str, Callable[[], Json]]
"""What is done, and what makes the resource: most of the many that are possible are never made."""

_OPEN = ("Extension", "Resource", "ElementDefinition", "xhtml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A property of an object in a resource, and what R4 says of it."""

    path: Path
    element: r4.Element

    @property
    def name(self) -> str:
        return ".".join(str(step) for step in self.path)


def at(resource: Json, path: Path) -> Any:
    found: Any = resource
    for step in path:
        found = found[step]
    return found


def changed(resource: Json, path: Path, value: Any) -> Callable[[], Json]:
    """Makes a copy with another value at a path; of the empty path, the value itself."""

    def make() -> Json:
        if not path:
            return dict(value)
        made = copy.deepcopy(resource)
        at(made, path[:-1])[path[-1]] = value
        return made

    return make


def without(resource: Json, path: Path) -> Callable[[], Json]:
    """Makes a copy without a property, its extensions included."""

    def make() -> Json:
        made = copy.deepcopy(resource)
        holder = at(made, path[:-1])
        del holder[path[-1]]
        if isinstance(holder, dict):
            holder.pop(f"_{path[-1]}", None)
        return made

    return make


def objects(value: Json, inside: str, path: Path = ()) -> Iterator[tuple[Path, Json, str]]:
    """Every object with its path and where R4 keeps its children; resources in resources too."""
    yield path, value, inside
    known = r4.children(inside)
    for key, held in value.items():
        element = known.get(key)
        for step, one in _items(held):
            where = (*path, key) if step is None else (*path, key, step)
            if isinstance(one, dict) and "resourceType" in one:
                yield from objects(one, one["resourceType"], where)
            elif isinstance(one, dict) and element is not None and not key.startswith("_"):
                yield from objects(one, element.inside, where)


def _items(held: Any) -> Iterator[tuple[int | None, Any]]:
    if isinstance(held, list):
        yield from enumerate(held)
    else:
        yield None, held


def properties(resource: Json) -> Iterator[Place]:
    """Every property that R4 knows, at any depth."""
    for path, node, inside in objects(resource, resource["resourceType"]):
        known = r4.children(inside)
        for key in node:
            if (element := known.get(key)) is not None:
                yield Place(path=(*path, key), element=element)


def leaves(resource: Json, *types: str) -> Iterator[Place]:
    """Every primitive value of these types, those in arrays one by one."""
    for place in properties(resource):
        if place.element.types and place.element.types[0] in types:
            for step, one in _items(at(resource, place.path)):
                if isinstance(one, (str, int, float, bool)):
                    yield Place(path=place.path if step is None else (*place.path, step), element=place.element)


def dropped_required(resource: Json) -> Iterator[Mutant]:
    """Elements that R4 requires."""
    for place in properties(resource):
        if place.element.min:
            yield f"no {place.name}", without(resource, place.path)


def dropped_by_profile(resource: Json, snapshot: list[Json]) -> Iterator[Mutant]:
    """Elements that a profile requires, whole: slices are another matter."""
    for definition in snapshot:
        ident, path = definition["id"], definition["path"]
        if ":" in ident or not definition.get("min") or "." not in path:
            continue
        for found in _found(resource, (), path.split(".")[1:]):
            yield f"no {path}", without(resource, found)


def _found(resource: Json, above: Path, steps: list[str]) -> Iterator[Path]:
    holder = at(resource, above)
    if not isinstance(holder, dict):
        return
    stem = steps[0].removesuffix("[x]")
    choice = steps[0].endswith("[x]")
    for key in holder:
        if key != stem and not (choice and key.startswith(stem) and key[len(stem) : len(stem) + 1].isupper()):
            continue
        if len(steps) == 1:
            yield (*above, key)
            continue
        for step, _ in _items(holder[key]):
            yield from _found(resource, (*above, key) if step is None else (*above, key, step), steps[1:])


def wrong_type(resource: Json) -> Iterator[Mutant]:
    """Another JSON type: an object for a value, a value for an object, one for many and many for one."""
    for place in properties(resource):
        value = at(resource, place.path)
        if isinstance(value, list):
            yield f"{place.name} is no array", changed(resource, place.path, value[0])
            yield f"{place.name}[0] of another type", changed(resource, (*place.path, 0), _other(value[0]))
        else:
            yield f"{place.name} is an array", changed(resource, place.path, [value])
            yield f"{place.name} of another type", changed(resource, place.path, _other(value))


def _other(value: Any) -> Any:
    if isinstance(value, dict):
        return "text"
    if isinstance(value, bool):
        return "true"
    if isinstance(value, (int, float)):
        return str(value)
    return {"value": value}


def unknown_element(resource: Json) -> Iterator[Mutant]:
    for path, _, _ in objects(resource, resource["resourceType"]):
        yield f"{path}.colour", changed(resource, (*path, "colour"), "red")


def bad_code(resource: Json) -> Iterator[Mutant]:
    """Codes with a required binding that aren't in it, and codes that a complete HL7 code system doesn't have."""
    for place in leaves(resource, "code"):
        if place.element.binding is not None and place.element.binding[0] == "required":
            yield f"{place.name} not in its set", changed(resource, place.path, "no-such-code")
    for path, node, inside in objects(resource, resource["resourceType"]):
        system = node.get("system")
        if inside == "Coding" and isinstance(system, str) and system.startswith(_COMPLETE) and "code" in node:
            yield f"{path}.code not in its system", changed(resource, (*path, "code"), "no-such-code")


_COMPLETE = (
    "http://terminology.hl7.org/CodeSystem/condition-",
    "http://terminology.hl7.org/CodeSystem/observation-",
    "http://terminology.hl7.org/CodeSystem/allergyintolerance-",
    "http://terminology.hl7.org/CodeSystem/v3-ActCode",
    "http://terminology.hl7.org/CodeSystem/v2-0203",
    "http://terminology.hl7.org/CodeSystem/goal-",
    "http://terminology.hl7.org/CodeSystem/provenance-participant-type",
)
"""Code systems of R4's core package, all of them `content: complete`."""


def bad_date(resource: Json) -> Iterator[Mutant]:
    """Dates that aren't, or that no calendar has."""
    for place in leaves(resource, "date", "dateTime", "instant"):
        kind = place.element.types[0]
        for text in _DATES[kind]:
            yield f"{place.name} = {text}", changed(resource, place.path, text)


_DATES = {
    "date": ("2023-02-31", "2023-13-01", "01/02/2023", "2023-1-1", "2023-02-01T10:00:00Z"),
    "dateTime": ("2023-02-30", "2023-02-30T10:00:00Z", "2023-02-01T25:00:00Z", "2023-02-01T10:00Z", "20230201"),
    "instant": ("2023-02-30T10:00:00Z", "2023-02-01", "2023-02-01T10:00:00", "2023-04-31T10:00:00.000+01:00"),
}


def wrong_reference(resource: Json) -> Iterator[Mutant]:
    """References to a type that the element doesn't allow, and to something contained that isn't there."""
    for place in properties(resource):
        if place.element.types != ("Reference",):
            continue
        for step, one in _items(at(resource, place.path)):
            if not isinstance(one, dict) or not isinstance(one.get("reference"), str):
                continue
            path = place.path if step is None else (*place.path, step)
            allowed = {target.rpartition("/")[2] for target in place.element.targets}
            other = next((kind for kind in _KINDS if kind not in allowed), None)
            if allowed and "Resource" not in allowed and other:
                yield f"{place.name} to {other}", changed(resource, path, {"reference": f"{other}/1"})
            yield f"{place.name} to nothing contained", changed(resource, path, {"reference": "#no-such-id"})


_KINDS = ("Slot", "SubstancePolymer", "Library")

_FOREIGN: tuple[tuple[str, Json], ...] = (
    ("Patient", {"url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace", "valueAddress": {"city": "X"}}),
    (
        "Patient",
        {"url": "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName", "valueString": "X"},
    ),
    (
        "Observation",
        {"url": "http://hl7.org/fhir/StructureDefinition/observation-delta", "valueCodeableConcept": {"text": "x"}},
    ),
    ("HumanName", {"url": "http://hl7.org/fhir/StructureDefinition/humanname-own-name", "valueString": "X"}),
    ("Address", {"url": "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-houseNumber", "valueString": "1"}),
)  # fmt: skip
"""Extensions of R4's core package, and the only place where each may stand."""


def misplaced_extension(resource: Json) -> Iterator[Mutant]:
    """A known extension where its context isn't; one that modifies nothing among those that do; one without a url."""
    for path, node, inside in objects(resource, resource["resourceType"]):
        if inside in _OPEN or "extension" not in r4.children(inside):
            continue
        held = node.get("extension", [])
        for home, extension in _FOREIGN:
            if inside != home and not inside.startswith(f"{home}."):
                made = changed(resource, (*path, "extension"), [*held, extension])
                yield f"{path} has {extension['url']}", made
        nameless = {"valueString": "x"}
        yield f"{path} has one without url", changed(resource, (*path, "extension"), [*held, nameless])
        if "modifierExtension" in r4.children(inside):
            made = changed(resource, (*path, "modifierExtension"), [_FOREIGN[0][1]])
            yield f"{path} is modified by birthPlace", made


def contained_fault(resource: Json) -> Iterator[Mutant]:
    """A fault in something contained, or in how it is contained."""
    if resource["resourceType"] in ("Bundle", "Parameters", "Binary"):
        return
    held = resource.get("contained", [])
    for what, inner in _CONTAINED.items():
        pointer = [] if what == "unreferenced" else [_POINTER]
        extended = {"extension": [*resource.get("extension", []), *pointer]} if pointer else {}
        yield what, changed(resource, (), {**resource, "contained": [*held, inner], **extended})
    for number, inner in enumerate(held):
        for path, node, _ in objects(inner, inner["resourceType"], ("contained", number)):
            yield f"{path}.colour", changed(resource, path, {**node, "colour": "red"})


_POINTER = {
    "url": "http://example.org/StructureDefinition/points-at",
    "valueReference": {"reference": "#c-mutant"},
}
_CONTAINED: dict[str, Any] = {
    "unreferenced": {"resourceType": "Practitioner", "id": "c-mutant", "active": True},
    "without id": {"resourceType": "Practitioner", "active": True},
    "of no type": {"id": "c-mutant", "active": True},
    "of an unknown type": {"resourceType": "Practitionist", "id": "c-mutant"},
    "no object": "c-mutant",
    "contains": {
        "resourceType": "Practitioner",
        "id": "c-mutant",
        "contained": [{"resourceType": "Practitioner", "id": "c-inner"}],
    },
    "has a version": {"resourceType": "Practitioner", "id": "c-mutant", "meta": {"versionId": "1"}},
    "has a security label": {
        "resourceType": "Practitioner",
        "id": "c-mutant",
        "meta": {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}]},
    },
    "has a bad date": {"resourceType": "Practitioner", "id": "c-mutant", "birthDate": "2023-02-31"},
    "has a bad code": {"resourceType": "Practitioner", "id": "c-mutant", "gender": "no-such-code"},
    "has an unknown element": {"resourceType": "Practitioner", "id": "c-mutant", "colour": "red"},
    "lacks what is required": {"resourceType": "Observation", "id": "c-mutant", "status": "final"},
    "has a bad id": {"resourceType": "Practitioner", "id": "c mutant"},
}


def broken_invariant(resource: Json) -> Iterator[Mutant]:
    """Rules between elements, where the resource has what they speak of; the keys are R4's."""
    for path, node, inside in objects(resource, resource["resourceType"]):
        for key, fault in _FAULTS.get(inside, ()):
            if (made := fault(node)) is not None:
                yield f"{key} at {path}", changed(resource, path, made)


def _when(*needed: str, drop: tuple[str, ...] = (), **more: Any) -> Callable[[Json], Json | None]:
    """The object without some elements and with others, where it has what is needed."""

    def fault(node: Json) -> Json | None:
        if not all(name in node for name in needed):
            return None
        return {key: value for key, value in node.items() if key not in drop} | more

    return fault


def _empty_name(node: Json) -> Json | None:
    return {"resourceType": "Patient", **node, "contact": [{"gender": "male"}]}


_FAULTS: dict[str, tuple[tuple[str, Callable[[Json], Json | None]], ...]] = {
    "Period": (("per-1", _when("start", "end", start="2024-02-01", end="2024-01-01")),),
    "Quantity": (("qty-3", _when("code", "system", drop=("system",))),),
    "ContactPoint": (("cpt-2", _when("value", "system", drop=("system",))),),
    "Attachment": (("att-1", _when("data", "contentType", drop=("contentType",))),),
    "Extension": (
        ("ext-1", _when("url", drop=("extension",), valueString="x", valueBoolean=True)),
        ("ext-1", _when("url", extension=[{"url": "http://example.org/a", "valueString": "x"}], valueString="x")),
        ("ext-1", lambda node: {"url": node["url"]} if "url" in node else None),
    ),
    "Reference": (
        ("ref-1", _when("reference", reference="#no-such-id")),
        ("ele-1", lambda _: {}),
    ),
    "CodeableConcept": (("ele-1", lambda _: {}),),
    "Narrative": (
        ("txt-2", _when("div", div='<div xmlns="http://www.w3.org/1999/xhtml"> </div>')),
        ("txt-1", _when("div", div='<div xmlns="http://www.w3.org/1999/xhtml"><script>x()</script></div>')),
        ("txt-1", _when("div", div='<div xmlns="http://www.w3.org/1999/xhtml"><b>x</div>')),
    ),
    "Patient": (("pat-1", _empty_name),),
    "Observation": (
        ("obs-6", _when("valueQuantity", dataAbsentReason={"text": "unknown"})),
        ("obs-6", _when("valueCodeableConcept", dataAbsentReason={"text": "unknown"})),
        ("obs-6", _when("valueString", dataAbsentReason={"text": "unknown"})),
    ),
    "Observation.referenceRange": (("obs-3", _when(drop=("low", "high", "text"), age={"low": {"value": 1}})),),
    "Condition": (
        ("con-5", _when("clinicalStatus", verificationStatus={"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "entered-in-error"}]})),
        ("con-4", _when("clinicalStatus", abatementDateTime="2020", clinicalStatus={"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]})),
    ),
    "AllergyIntolerance": (
        ("ait-2", _when("clinicalStatus", verificationStatus={"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification",
            "code": "entered-in-error"}]})),
    ),
    "CarePlan.activity": (("cpl-3", _when("detail", reference={"reference": "Task/1"})),),
    "Goal.target": (("gol-1", _when("detailQuantity", drop=("measure",))),),
    "Organization": (("org-1", _when("name", drop=("identifier", "name"))),),
    "Bundle": (
        ("bdl-1", lambda node: node | {"total": 1} if node.get("type") in ("message", "collection") else None),
        ("bdl-2", lambda node: _with_search(node) if node.get("type") in ("message", "collection") else None),
        ("bdl-7", lambda node: _twice(node) if node.get("type") in ("message", "collection") else None),
    ),
    "Questionnaire.item": (("que-1", _when(type="group", drop=("item",))),),
    "Timing.repeat": (("tim-1", _when("duration", drop=("durationUnit",))),
                      ("tim-2", _when("period", drop=("periodUnit",))),
                      ("tim-4", _when("duration", duration=-1)), ("tim-5", _when("period", period=-1))),
    "Range": (("rng-2", _when("low", "high", low={"value": 9}, high={"value": 1})),),
}  # fmt: skip


def _with_search(bundle: Json) -> Json | None:
    entries = bundle.get("entry")
    return bundle | {"entry": [{**entries[0], "search": {"mode": "match"}}, *entries[1:]]} if entries else None


def _twice(bundle: Json) -> Json | None:
    entries = bundle.get("entry")
    return bundle | {"entry": [*entries, entries[0]]} if entries and "fullUrl" in entries[0] else None


def closed_profile(resource: Json, path: str) -> Json:
    """A profile that closes an array of the resource, with one slice for each item that is there."""
    kind = resource["resourceType"]
    types = r4.children(kind)[path].types
    base = {"id": f"{kind}.{path}", "path": f"{kind}.{path}"}
    slicing = {"discriminator": [{"type": "value", "path": "$this"}], "rules": "closed"}
    slices = [
        {
            "id": f"{kind}.{path}:s{number}",
            "path": f"{kind}.{path}",
            "sliceName": f"s{number}",
            "max": "1",
            f"pattern{types[0]}": item,
        }
        for number, item in enumerate(resource[path])
    ]
    return {
        "resourceType": "StructureDefinition",
        "url": f"http://example.org/StructureDefinition/closed-{kind}-{path}",
        "name": "Closed",
        "status": "draft",
        "kind": "resource",
        "abstract": False,
        "type": kind,
        "baseDefinition": f"http://hl7.org/fhir/StructureDefinition/{kind}",
        "derivation": "constraint",
        "differential": {"element": [{"id": kind, "path": kind}, {**base, "slicing": slicing}, *slices]},
    }


def closable(resource: Json) -> Iterator[str]:
    """Arrays of the resource's own whose items can be told apart by a pattern."""
    for key, element in r4.children(resource["resourceType"]).items():
        value = resource.get(key)
        if element.many and element.types[0] in _OUTSIDERS and isinstance(value, list) and all(map(_plain, value)):
            yield key


def _plain(item: Any) -> bool:
    return isinstance(item, dict) and "extension" not in item and not any(key.startswith("_") for key in item)


_OUTSIDERS: dict[str, Json] = {
    "CodeableConcept": {"text": "none of the slices"},
    "Identifier": {"system": "http://example.org/none-of-the-slices", "value": "1"},
    "ContactPoint": {"system": "other", "value": "none of the slices"},
    "Reference": {"display": "none of the slices"},
    "Annotation": {"text": "none of the slices"},
}


def outside(resource: Json, path: str) -> Json:
    """With one more item in the array, which fits none of its slices."""
    kind = r4.children(resource["resourceType"])[path].types[0]
    return {**resource, path: [*resource[path], _OUTSIDERS[kind]]}


CLASSES: dict[str, Callable[[Json], Iterator[Mutant]]] = {
    "dropped required": dropped_required,
    "wrong type": wrong_type,
    "unknown element": unknown_element,
    "bad code": bad_code,
    "bad date": bad_date,
    "wrong reference": wrong_reference,
    "broken invariant": broken_invariant,
    "misplaced extension": misplaced_extension,
    "contained fault": contained_fault,
}
