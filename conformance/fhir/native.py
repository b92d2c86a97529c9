"""Invariants in Python, by their expression's text: the ones that fire on nearly every element of every resource.

They say what the expression says; a test compares each with our FHIRPath and with fhirpathpy.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from conformance.fhir.fhirpath import temporal
from conformance.fhir.fhirpath.references import by_url, literals
from conformance.terminology import ucum
from conformance.terminology.checkdigits import luhn

RULES: dict[str, Callable[[Any], bool]] = {}
"""Expression to a function of the value of the node that it is evaluated on."""


def rule(*expressions: str) -> Callable[[Callable[[Any], bool]], Callable[[Any], bool]]:
    """Registers a function of a node's value, which has the form that the walk has checked."""

    def register(function: Callable[[Any], bool]) -> Callable[[Any], bool]:
        for expression in expressions:
            RULES[expression] = function
        return function

    return register


def _has(value: Any, name: str) -> bool:
    """Whether a primitive element is there: one that says by an extension why it has no value is."""
    return name in value or "_" + name in value


def _contained(value: Any) -> list[Any]:
    found = value.get("contained")
    return found if isinstance(found, list) else []


@rule("extension.exists() != value.exists()")
def ext_1(value: Any) -> bool:
    """An extension has a value or extensions, not both and not neither."""
    for key in value:
        if "value" in key and key.startswith(("value", "_value")):
            return not value.get("extension")
    return bool(value.get("extension"))


@rule("descendants().linkId.isDistinct()")
def que_2(value: Any) -> bool:
    links: list[Any] = []
    stack = [value]
    while stack:
        items = stack.pop().get("item")
        inner = [each for each in items if isinstance(each, dict)] if isinstance(items, list) else []
        links += [each["linkId"] for each in inner if isinstance(each.get("linkId"), str)]
        stack += inner
    return len(set(links)) == len(links)


@rule("(answer.exists() and item.exists()).not()")
def qrs_1(value: Any) -> bool:
    return not ("answer" in value and "item" in value)


@rule("contained.contained.empty()")
def dom_2(value: Any) -> bool:
    return not any(isinstance(each, dict) and each.get("contained") for each in _contained(value))


@rule("contained.meta.versionId.empty() and contained.meta.lastUpdated.empty()")
def dom_4(value: Any) -> bool:
    metas = [each.get("meta") or {} for each in _contained(value) if isinstance(each, dict)]
    return not any("versionId" in meta or "lastUpdated" in meta for meta in metas)


@rule("contained.meta.security.empty()")
def dom_5(value: Any) -> bool:
    return not any((each.get("meta") or {}).get("security") for each in _contained(value) if isinstance(each, dict))


@rule(
    "contained.where((('#'+id in (%resource.descendants().reference | %resource.descendants().as(canonical) | "
    "%resource.descendants().as(uri) | %resource.descendants().as(url))) or "
    "descendants().where(reference = '#').exists() or descendants().where(as(canonical) = '#').exists() or "
    "descendants().where(as(canonical) = '#').exists()).not())"
    ".trace('unmatched', id).empty()"
)
def dom_3(value: Any) -> bool:
    """Each contained resource is referred to from elsewhere in the resource, or refers to it."""
    contained = _contained(value)
    if not contained:
        return True
    targets = set(_references(value))
    return all(
        not isinstance(each, dict) or f"#{each.get('id')}" in targets or "#" in set(_references(each))
        for each in contained
    )


def _references(value: Any) -> list[str]:
    """Every text in a tree that begins with `#`, and the local links of narratives."""
    found: list[str] = []
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            if item.startswith("#"):
                found.append(item)
            elif item.startswith("<"):  # the narrative shows a contained image or links to a contained resource
                found += re.findall(r"""(?:src|href)=["'](#[A-Za-z0-9\-.]{1,64})["']""", item)
        elif isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
    return found


@rule("code.empty() or system.exists()")
def qty_3(value: Any) -> bool:
    return not _has(value, "code") or _has(value, "system")


@rule("value.empty() or system.exists()")
def cpt_2(value: Any) -> bool:
    return not _has(value, "value") or _has(value, "system")


@rule("text.`div`.exists()")
def dom_6(value: Any) -> bool:
    text = value.get("text")
    return isinstance(text, dict) and "div" in text


@rule("dataAbsentReason.empty() or value.empty()")
def obs_6(value: Any) -> bool:
    return "dataAbsentReason" not in value or not _valued(value)


def _valued(value: Any) -> bool:
    """Whether value[x] is there, of any type, or an extension in its place."""
    for key in value:
        if "value" in key and key.startswith(("value", "_value")) and key.removeprefix("_")[5:6].isupper():
            return True
    return False


@rule("(component.empty() and hasMember.empty()) implies (dataAbsentReason.exists() or value.exists())")
def valued_or_absent(value: Any) -> bool:
    return bool(value.get("component") or value.get("hasMember") or "dataAbsentReason" in value or _valued(value))


@rule("value.empty() or component.code.where(coding.intersect(%resource.code.coding).exists()).empty()")
def obs_7(value: Any) -> bool:
    """A component's code is not the Observation's own where that has a value."""
    components = value.get("component")
    if not components or not _valued(value):
        return True
    own = _codings(value)
    return not any(each in own for component in components for each in _codings(component))


def _codings(value: Any) -> list[Any]:
    code = value.get("code") if isinstance(value, dict) else None
    codings = code.get("coding") if isinstance(code, dict) else None
    return codings if isinstance(codings, list) else []


@rule("$this is DateTime implies $this.toString().length() >= 10")
def precise_to_the_day(value: Any) -> bool:
    return not isinstance(value, str) or len(value) >= 10


@rule("data.empty() or contentType.exists()")
def att_1(value: Any) -> bool:
    return not _has(value, "data") or _has(value, "contentType")


@rule(
    "value.ofType(Quantity).system.empty() or value.ofType(Quantity).system = 'http://unitsofmeasure.org'",
)
def us_core_3(value: Any) -> bool:
    quantity = value.get("valueQuantity") if isinstance(value, dict) else None
    return not isinstance(quantity, dict) or not _has(quantity, "system") or quantity.get("system") == ucum.SYSTEM


@rule("start.hasValue().not() or end.hasValue().not() or (start <= end)")
def per_1(value: Any) -> bool:
    """What precisions or zones leave open is no consent."""
    start, end = value.get("start"), value.get("end")
    if not isinstance(start, str) or not isinstance(end, str):
        return True
    if len(start) == len(end) and (len(start) <= _DAY or start[-6:] == end[-6:] or start[-1] == end[-1] == "Z"):
        return start <= end
    one, other = temporal.parse(start), temporal.parse(end)
    return one is not None and other is not None and temporal.compare(one, other) in (-1, 0)


@rule("($this as dateTime).toString().length() >= 8")
def vs_1(value: Any) -> bool:
    """Of a Period the expression gives nothing; its text asks it of a dateTime only."""
    return not isinstance(value, str) or len(value) >= 8


@rule("probability is decimal implies (probability as decimal) <= 100")
def ras_2(value: Any) -> bool:
    """Of a prediction without a probability the expression gives nothing; its text asks it of a decimal only."""
    found = value.get("probabilityDecimal")
    return not isinstance(found, (int, float, Decimal)) or found <= 100


@rule(
    "entry.all(request.exists() = (%resource.type = 'batch' or %resource.type = 'transaction' or "
    "%resource.type = 'history'))"
)
def bdl_3(value: Any) -> bool:
    return _just_there(value, "request", ("batch", "transaction", "history"))


@rule(
    "entry.all(response.exists() = (%resource.type = 'batch-response' or %resource.type = 'transaction-response' or "
    "%resource.type = 'history'))"
)
def bdl_4(value: Any) -> bool:
    return _just_there(value, "response", ("batch-response", "transaction-response", "history"))


def _just_there(bundle: Any, part: str, kinds: tuple[str, ...]) -> bool:
    """All entries of Bundles of these kinds have the part, and none of others; where no kind is given nothing holds."""
    entries, wanted = _entries(bundle), bundle.get("type") in kinds
    return not entries or (_has(bundle, "type") and all((part in each) is wanted for each in entries))


def _entries(bundle: Any) -> list[dict[str, Any]]:
    found = bundle.get("entry")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


@rule("resource.exists() or request.exists() or response.exists()")
def bdl_5(value: Any) -> bool:
    return "resource" in value or "request" in value or "response" in value


@rule("(type = 'history') or entry.where(fullUrl.exists()).select(fullUrl&resource.meta.versionId).isDistinct()")
def bdl_7(value: Any) -> bool:
    """No two entries have the same fullUrl and version."""
    if value.get("type") == "history":
        return True
    keys = [f"{each.get('fullUrl', '')}{_version(each)}" for each in _entries(value) if _has(each, "fullUrl")]
    return len(set(keys)) == len(keys)


def _version(entry: dict[str, Any]) -> str:
    resource = entry.get("resource")
    meta = resource.get("meta") if isinstance(resource, dict) else None
    return str(meta.get("versionId", "")) if isinstance(meta, dict) else ""


@rule("(identifier.count() + name.count()) > 0")
def org_1(value: Any) -> bool:
    return bool(value.get("identifier")) or _has(value, "name")


@rule("fullUrl.contains('/_history/').not()")
def bdl_8(value: Any) -> bool:
    """Where there is no fullUrl the expression gives nothing; but then none is version specific, as it asks."""
    url = value.get("fullUrl")
    return not isinstance(url, str) or "/_history/" not in url


_DAY = len("2026-11-22")
_NPI = (
    "(((select(value.substring(0,1).toInteger()).select(iif($this<5, $this*2, (($this*2)-9))))+"
    "(value.substring(1,1).toInteger())+(select(value.substring(2,1).toInteger()).select(iif($this<5, $this*2, "
    "(($this*2)-9))))+(value.substring(3,1).toInteger())+(select(value.substring(4,1).toInteger()).select(iif($this<5, "
    "$this*2, (($this*2)-9))))+(value.substring(5,1).toInteger())+(select(value.substring(6,1).toInteger()).select("
    "iif($this<5, $this*2, (($this*2)-9))))+(value.substring(7,1).toInteger())+(select(value.substring(8,1)"
    ".toInteger()).select(iif($this<5, $this*2, (($this*2)-9))))+(value.substring(9,1).toInteger()) + 24)mod 10=0)"
)


@rule(_NPI)
def us_core_17(value: Any) -> bool:
    """The check digit of a National Provider Identifier; of a longer text, of its first ten."""
    digits = value.get("value")
    return isinstance(digits, str) and digits[:10].isdecimal() and digits.isascii() and luhn("80840" + digits[:10])


NOTHING: dict[str, Callable[[Any], bool]] = {}
"""Paths of profiles to a function of the resource: true where nothing stands there, false where that must be looked up.
"""


def nothing(path: str) -> Callable[[Callable[[Any], bool]], Callable[[Any], bool]]:
    def register(function: Callable[[Any], bool]) -> Callable[[Any], bool]:
        NOTHING[path] = function
        return function

    return register


@nothing("Bundle.entry.descendants().ofType(Reference).where(reference.exists() and resolve().empty())")
def closed(bundle: Any) -> bool:
    """Every reference is the fullUrl of an entry, as it stands: what is relative or contained must be looked up."""
    entries = bundle.get("entry")
    urls = by_url(entries)
    return isinstance(entries, list) and all(isinstance(each, str) and each in urls for each in literals(entries))
