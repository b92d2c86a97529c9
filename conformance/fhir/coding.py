"""Codings by themselves: a system that is one, a code that exists in it, a display that is the code's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from conformance.fhir.fhirpath import Node
from conformance.terminology import ucum

if TYPE_CHECKING:
    from conformance.fhir.walk import Walk

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+")


def check(walk: Walk, node: Node) -> None:
    """A Coding, whatever it is bound to."""
    system, code, display = (node.value.get(key) for key in ("system", "code", "display"))
    if not isinstance(system, str):
        return
    if not _ABSOLUTE.fullmatch(system):
        walk.report("FHIR-0048", node, found=system)
        return
    if _no_system(walk, node, system):
        return
    if not isinstance(code, str):
        return
    exists = walk.terminology.has(system, code)
    if exists is False:
        walk.report("FHIR-0042", f"{node.path}.code", found=code)
    elif isinstance(display, str):
        _display(walk, node, system, code, display)


def _no_system(walk: Walk, node: Node, system: str) -> bool:
    """True where the URL is known to be something else: a value set's or a supplement's."""
    registry = walk.plans.registry
    found = registry.find("CodeSystem", system)
    if found is not None:
        if found.facts.get("content") == "supplement" or "supplements" in found.facts:
            walk.report("FHIR-0049", f"{node.path}.system", found=system)
            return True
        return False
    if registry.known("ValueSet", system):
        walk.report("FHIR-0046", f"{node.path}.system", found=system)
        return True
    return False


def _display(walk: Walk, node: Node, system: str, code: str, display: str) -> None:
    names = walk.terminology.displays(system, code)
    if names and not any(_called(display, name) for name in names):
        walk.report("FHIR-0043", f"{node.path}.display", found=display, display=names[0])


_CUT = 50
"""R4's copies of v2 and v3 tables cut displays at this length."""


def _called(display: str, name: str) -> bool:
    given, known = _folded(display), _folded(name)
    return given == known or (len(name) == _CUT and given.startswith(known))


def _folded(text: str) -> str:
    """Case and white space don't tell displays apart."""
    return " ".join(text.lower().split())


def unit(walk: Walk, node: Node) -> None:
    """A Quantity's UCUM code."""
    system, code = node.value.get("system"), node.value.get("code")
    if system == ucum.SYSTEM and isinstance(code, str) and not ucum.valid(code):
        walk.report("FHIR-0042", f"{node.path}.code", found=code)
