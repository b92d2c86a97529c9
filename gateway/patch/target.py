"""Which resource a patch is for: the one that has an identifier (http://hl7.org/fhir/R4/http.html#cond-update)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

_BEST = ("MR", "PI", "PT", "VN", "AN")
"""Types of identifiers (table 0203) by which a person or visit is known to a hospital, the best first."""


def condition(resource: dict[str, Any]) -> str:
    """`Patient?identifier=system|value`; the resource's own URL where no identifier says its system."""
    kind = resource["resourceType"]
    known = [each for each in resource.get("identifier", []) if each.get("system") and each.get("value")]
    if not known:
        return f"{kind}/{resource['id']}"
    best = min(known, key=_rank)
    return f"{kind}?identifier={quote(best['system'], safe=':/')}|{quote(best['value'], safe='')}"


def _rank(identifier: dict[str, Any]) -> int:
    codes = [coding.get("code") for coding in identifier.get("type", {}).get("coding", [])]
    return min((_BEST.index(code) for code in codes if code in _BEST), default=len(_BEST))
