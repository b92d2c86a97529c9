"""Codings by themselves: a system that is one, a code that exists in it, a display that is the code's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from conformance.fhir.fhirpath import Node
from conformance.fhir.primitives import ABSOLUTE
from conformance.terminology import icd10cm, ucum

if TYPE_CHECKING:
    from conformance.fhir.walk import Walk

_REMEMBERED = 20_000
_BUILD = ("http://build.fhir.org/", "https://build.fhir.org/")
_HL7 = ("http://hl7.org/", "https://hl7.org/", "http://www.hl7.org/", "https://www.hl7.org/")
"""Where pages of FHIR are found: a code system's URL is none of them."""


def recurring(value: Any) -> tuple[Any, ...] | None:
    """What tells a Coding or CodeableConcept from others, but for its text; None where it has more than codes."""
    try:
        if "coding" not in value:
            return ("\0".join(value), "\0".join(value.values()))
        if len(value) > 2 or (len(value) == 2 and type(value["text"]) is not str):
            return None
        return (len(value), *[("\0".join(each), "\0".join(each.values())) for each in value["coding"]])
    except (AttributeError, KeyError, TypeError):
        return None


def check(walk: Walk, node: Node) -> None:
    """A Coding, whatever it is bound to. What was found of a Coding is remembered: codings recur."""
    system, code, display = (node.value.get(key) for key in ("system", "code", "display"))
    if not isinstance(system, str):
        if isinstance(code, str) and not {"system", "_system"} & node.value.keys():
            walk.unchecked_once("FHIR-0055", node, "", found=code)
        return
    key = (system, code if isinstance(code, str) else None, display if isinstance(display, str) else None)
    known = walk.plans.codings
    found = known.get(key)
    if found is None:
        if len(known) > _REMEMBERED:
            known.clear()
        found = known[key] = tuple(_findings(walk, *key))
    for issue, part, text, words in found:
        walk.report(issue, f"{node.path}{part}", found=text, **words)


Finding = tuple[str, str, str, dict[str, str]]
"""Code of the issue, path below the Coding, what was found, structural words."""


def _findings(walk: Walk, system: str, code: str | None, display: str | None) -> Iterator[Finding]:
    if not ABSOLUTE.match(system):
        yield "FHIR-0048", "", system, {}
        return
    if system.startswith(_BUILD) or (system.startswith(_HL7) and system.endswith(".html")):
        yield "FHIR-0057", "", system, {}
        return
    other = _no_system(walk, system)
    if other:
        yield other, ".system", system, {}
    elif code is not None:
        if system == icd10cm.SYSTEM and icd10cm.covers(code):
            yield from _social_need(code)
        if walk.terminology.has(system, code) is False:
            yield "FHIR-0042", ".code", code, {}
        elif display is not None:
            names = walk.terminology.displays(system, code)
            if names and not any(_called(display, name) for name in names):
                yield "FHIR-0043", ".display", display, {"display": names[0]}


def _social_need(code: str) -> Iterator[Finding]:
    """A Z code that is a header, or none of the release."""
    release, known = icd10cm.codes()
    words = {"release": release, "successors": ", ".join(icd10cm.successors(code)) or "none"}
    if code not in known:
        yield "FHIR-0054", ".code", code, words
    elif not known[code]:
        yield "FHIR-0053", ".code", code, words


def _no_system(walk: Walk, system: str) -> str:
    """The issue of a URL that is known to be something else: a value set's or a supplement's; empty for none."""
    registry = walk.plans.registry
    found = registry.find("CodeSystem", system)
    if found is not None:
        supplement = found.facts.get("content") == "supplement" or "supplements" in found.facts
        return "FHIR-0049" if supplement else ""
    return "FHIR-0046" if registry.known("ValueSet", system) else ""


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
