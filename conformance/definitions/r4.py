"""FHIR R4's own types, by the path as one writes it: what stands at `Patient.contact.name.given`.

Paths cross type boundaries, name choices as JSON does (`Observation.valueQuantity.value`) and follow contentReference.
Each type is read from the shipped pack when it is first asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from conformance.definitions.pack import Facts, Pack

CANONICAL = "http://hl7.org/fhir/StructureDefinition/"
DATA = Path(__file__).parent / "data"
_SYSTEM = "http://hl7.org/fhirpath/System."
_REMEMBERED = 8192
"""Names that are kept in mind: more than R4 has paths. Data can ask for any name."""
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """What R4 says of an element. `inside` is where its children are found: a type's name, or a path in a type."""

    types: tuple[str, ...]
    many: bool = False
    min: int = 0
    targets: tuple[str, ...] = ()
    binding: tuple[str, str] | None = None
    """Strength and value set (without version)."""
    inside: str = ""
    choice: str = ""
    """`value[x]` for `valueQuantity`."""


@cache
def _pack() -> Pack:
    return Pack(DATA / "hl7.fhir.r4.core-4.0.1.pack")


@lru_cache(maxsize=_REMEMBERED)
def _type(name: str) -> Facts | None:
    return _pack().read("StructureDefinition", CANONICAL + name)


def is_resource(name: str) -> bool:
    """True for concrete and abstract resource types."""
    return len(name) <= _LONGEST_NAME and _is_resource(name)


@lru_cache(maxsize=_REMEMBERED)
def _is_resource(name: str) -> bool:
    facts = _type(name)
    return facts is not None and facts["kind"] == "resource" and facts.get("derivation") != "constraint"


@lru_cache(maxsize=_REMEMBERED)
def is_primitive(name: str) -> bool:
    facts = _type(name)
    return facts is not None and facts["kind"] == "primitive-type"


@lru_cache(maxsize=_REMEMBERED)
def parent(name: str) -> str:
    """The type that a type is derived from; empty for Element, Resource and unknown names."""
    facts = _type(name)
    return str(facts.get("baseDefinition", "")).removeprefix(CANONICAL) if facts is not None else ""


@lru_cache(maxsize=_REMEMBERED)
def children(where: str) -> dict[str, Element]:
    """The children of a type or of the element at a path, by JSON name; empty where there are none."""
    if "." in where:
        here = element(where)
        return children(here.inside) if here is not None and here.inside != where else _own(where)
    base = parent(where)
    return {**(children(base) if base else {}), **_own(where)}


@lru_cache(maxsize=_REMEMBERED)
def element(path: str) -> Element | None:
    """The element at a path; None where R4 has none."""
    where, _, name = path.rpartition(".")
    if not where:
        return Element(types=(path,), inside=path) if _type(path) is not None else None
    if "." not in where:
        return children(where).get(name)
    above = element(where)
    return None if above is None else children(above.inside).get(name)


def _own(where: str) -> dict[str, Element]:
    """The children that a type defines right below a path, after those of BackboneElement or Element."""
    facts = _type(where.partition(".")[0])
    found: dict[str, Element] = {}
    prefix = where + "."
    for definition in facts["differential"] if facts is not None else ():
        ident = definition["id"]
        if ident == where and "." in where:
            found.update(children(definition["type"][0]["code"]))
        elif ident.startswith(prefix) and "." not in ident[len(prefix) :]:
            found.update(_elements(ident, ident[len(prefix) :], definition))
    return found


def _elements(ident: str, name: str, definition: Facts) -> dict[str, Element]:
    """The element under its JSON name; a choice under each of its names."""
    if reference := definition.get("contentReference"):
        return {name: _element(definition, ("BackboneElement",), reference.lstrip("#"))}
    types = [_code(each, ident) for each in definition.get("type", ())]
    if not name.endswith("[x]"):
        nested = not types or types[0] in ("BackboneElement", "Element")
        return {name: _element(definition, tuple(types), ident if nested else types[0])}
    stem = name.removesuffix("[x]")
    return {stem + code[0].upper() + code[1:]: _element(definition, (code,), code, name) for code in types}


def _code(kind: Facts, ident: str) -> str:
    if not kind["code"].startswith(_SYSTEM):
        return str(kind["code"])
    if ident == "Resource.id":  # R4's snapshots say string here, its text and its regular expression say id
        return "id"
    return str(next((each.get("valueUrl", "string") for each in kind.get("extension", ())), "string"))


def _element(definition: Facts, types: tuple[str, ...], inside: str, choice: str = "") -> Element:
    references = (target for kind in definition.get("type", ()) for target in kind.get("targetProfile", ()))
    binding = definition.get("binding") or {}
    many = definition.get("max") not in ("0", "1", None)
    return Element(
        types=types,
        many=many,
        min=int(definition.get("min", 0)),
        targets=tuple(target.removeprefix(CANONICAL) for target in references) if "Reference" in types else (),
        binding=(binding["strength"], binding["valueSet"].partition("|")[0])
        if binding and "valueSet" in binding
        else None,
        inside=inside,
        choice=choice,
    )
