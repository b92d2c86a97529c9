"""Extensions: known or not, in their place, modifiers where modifiers belong, and their content. R4
extensibility.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from conformance.definitions import r4
from conformance.definitions.pack import Facts
from conformance.definitions.registry import Definition
from conformance.fhir import fhirpath
from conformance.fhir.fhirpath import FhirPathError, Node, lineage
from conformance.issue import Severity

if TYPE_CHECKING:
    from conformance.fhir.plan import Prop
    from conformance.fhir.walk import Walk

_ELSEWHERE = re.compile(r"http://(hl7\.org/fhir|terminology\.hl7\.org)/(\d\.\d/|tools/)?StructureDefinition/")
"""HL7's extensions of R4, of the extensions pack and of other FHIR versions: not all of them are here."""
_OTHER_VERSION = re.compile(r"http://hl7\.org/fhir/(\d\.\d)/StructureDefinition/extension-(.+)")
"""An element of another version of FHIR as an extension. https://hl7.org/fhir/R4/versions.html#extensions"""
_PATH = re.compile(r"[A-Z][A-Za-z0-9]*(\.[a-z][A-Za-z0-9]*(\[x\])?)+")
_NAME = re.compile(r"_?[a-z][A-Za-z0-9]*(\[x\])?")
_VERSIONS = frozenset({"1.0", "1.4", "3.0", "4.0", "4.3", "5.0"})
_EXAMPLES = ("example.org", "example.com", "acme.com", "acme.org", "acme.net")


def check(walk: Walk, host: Node, prop: Prop, found: list[Node]) -> None:
    """The extensions on a host element, each against its definition."""
    sliced = prop.slicing.by_url if prop.slicing is not None else None
    for node in found:
        url = node.value.get("url") if isinstance(node.value, dict) else None
        if not isinstance(url, str):
            continue
        definition = walk.plans.registry.find("StructureDefinition", url)
        if definition is None or definition.facts.get("type") != "Extension":
            if sliced is None or url not in sliced:
                _unknown(walk, host, node, url, parts_known=sliced is not None)
            continue
        _placed(walk, host, node, definition)
        _modifier(walk, node, prop, definition)
        profiled = sliced is not None and url in sliced and any(t.get("profile") for t in sliced[url].tree.types)
        item = None if profiled else walk.plans.of_profile(definition)
        if item is not None:
            walk.check(node, item)


def _unknown(walk: Walk, host: Node, node: Node, url: str, *, parts_known: bool) -> None:
    """Nested parts of an unknown extension can't be told; for the rest it depends on whose name space it is."""
    if ":" not in url:
        if host.type != "Extension":
            walk.report("FHIR-0060", node, found=url)
        elif parts_known or (_of_other_version(host) and not _NAME.fullmatch(url)):
            walk.report("FHIR-0064", node, found=url)
        return
    domain = url.partition("://")[2].partition("/")[0].lower()
    if any(domain == each or domain.endswith("." + each) for each in _EXAMPLES):
        return
    walk.report("FHIR-0063" if _may_be(url) else "FHIR-0060", node, found=url)


def _may_be(url: str) -> bool:
    """True for what HL7 may have defined; of an element of another version at least its path must be one."""
    other = _OTHER_VERSION.fullmatch(url)
    if other is not None:
        return other[1] in _VERSIONS and _PATH.fullmatch(other[2]) is not None
    return _ELSEWHERE.match(url) is not None


def _of_other_version(host: Node) -> bool:
    """True inside the extension for an element of another version, whose parts are that element's children."""
    here: Node | None = host
    while here is not None and here.type == "Extension":
        url = here.value.get("url") if isinstance(here.value, dict) else None
        if isinstance(url, str) and ":" in url:
            return _OTHER_VERSION.fullmatch(url) is not None
        here = here.parent
    return False


def _modifier(walk: Walk, node: Node, prop: Prop, definition: Definition) -> None:
    tree = walk.plans.snapshots.tree(definition)
    modifies = tree is not None and tree.facts.get("isModifier") is True
    if modifies != (prop.name == "modifierExtension"):
        right = "modifierExtension" if modifies else "extension"
        walk.report("FHIR-0062", node, url=definition.url, right=right)


# Context


def _placed(walk: Walk, host: Node, node: Node, definition: Definition) -> None:
    contexts: list[Facts] = definition.facts.get("context") or []
    if contexts and not any(_fits(walk, host, each) for each in contexts):
        allowed = ", ".join(str(each.get("expression", "")) for each in contexts)
        walk.report("FHIR-0061", host, url=definition.url, allowed=allowed, severity=_doubt(walk, host, definition))
    for expression in definition.facts.get("contextInvariant") or ():
        if not _invariant(walk, host, node, expression):
            walk.report("FHIR-0065", host, url=definition.url, expression=expression)


def _doubt(walk: Walk, host: Node, definition: Definition) -> Severity | None:
    """R4 uses its own extensions of definitions in places that it doesn't list: there it is only a warning."""
    homes = {str(each.get("expression", "")).partition(".")[0] for each in definition.facts.get("context") or ()}
    of_definitions = any(home == "ElementDefinition" or _is_definition(home) for home in homes)
    own = definition.origin.startswith("hl7.fhir.r4.core@") and of_definitions
    return "warning" if own and _is_definition(walk.resource_of(host).type) else None


def _is_definition(kind: str) -> bool:
    """True for a type of resource that is published under a URL; a Device has a URL too."""
    return r4.is_resource(kind) and {"url", "publisher"} <= r4.children(kind).keys()


def _fits(walk: Walk, host: Node, context: Facts) -> bool:
    kind, expression = context.get("type"), str(context.get("expression", ""))
    if kind == "element":
        return expression.partition("#")[2] in places(host) if "#" in expression else expression in places(host)
    if kind == "extension":
        url, _, path = expression.partition("#")
        return _in_extension(host, url, path)
    if kind == "fhirpath":
        resource = walk.resource_of(host)
        try:
            found = fhirpath.compiled(expression)([resource], walk.env(resource))
        except FhirPathError:
            return True
        return any(type(each) is Node and each.path == host.path for each in found)
    return True


def _in_extension(host: Node, url: str, path: str) -> bool:
    here = host.value.get("url") if isinstance(host.value, dict) else None
    if here == url:
        return True
    above = host.parent
    while above is not None and above.type == "Extension":
        if isinstance(above.value, dict) and above.value.get("url") == url:
            return here == path or not path
        above = above.parent
    return False


def places(host: Node) -> set[str]:
    """The element ids that an extension's context may call a host by: its types, and its path below each of its
    ancestors.
    """
    found = (
        {*lineage(host.type_name), "Element"} if "resourceType" not in _dict(host) else {*lineage(host.type), "Element"}
    )
    if r4.is_resource(host.type):
        found |= {"CanonicalResource", "MetadataResource"} if "url" in r4.children(host.type) else set()
        return found
    names = list(_names(host))
    if "." in host.type:
        found.add(host.type)
    for parent in (host.parent,) if host.parent is not None else ():
        owners = {parent.type, *(lineage(parent.type) if "." not in parent.type else ())}
        found |= {f"{owner}.{name}" for owner in owners for name in names}
        path = _definition_path(host)
        found |= {path, *(f"{path.rpartition('.')[0]}.{name}" for name in names)}
    return found


def _dict(node: Node) -> dict[str, Any]:
    return node.value if isinstance(node.value, dict) else {}


def _names(host: Node) -> Iterator[str]:
    """`value[x]`, `value` and `valueQuantity` for a choice; the name itself otherwise."""
    stem, _, type_ = host.name.partition(".ofType(")
    yield stem
    if type_:
        yield f"{stem}[x]"
        yield stem + type_[:1].upper() + type_[1:-1]


def _definition_path(host: Node) -> str:
    """The path without indexes from the resource down, across types: `Patient.contact.name`."""
    steps = [host.name.partition(".")[0]]
    for above in host.ancestors():
        if "resourceType" in _dict(above):
            return ".".join([above.type, *reversed(steps)])
        steps.append(above.name.partition(".")[0])
    return ".".join(reversed(steps))


def _invariant(walk: Walk, host: Node, node: Node, expression: str) -> bool:
    env = walk.env(host)
    env.variables = {"extension": [node]}
    try:
        answer = fhirpath.compiled(expression)([host], env)
    except FhirPathError:
        return True
    return bool(answer) and all(each is not False for each in answer)
