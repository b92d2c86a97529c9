"""Finds a code's row: one area is imported when its first code is asked for, so that start-up pays for none."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from conformance.catalogue.code import Code
from conformance.issue import Issue, Where

_AREAS = {
    "V2": "v2",
    "FHIR": "fhir",
    "JSON": "fhir_json",
    "XML": "xml",
    "CDA": "cda",
    "CSV": "csv",
    "MAP": "map",
    "YAML": "notation",
    "PRO": "profile",
    "CFG": "config",
    "IO": "io",
    "NET": "net",
    "GW": "gateway",
    "HTTP": "http",
    "PKG": "package",
    "BASE": "baseline",
    "MOD": "models",
}
"""Prefix of the code to module of this package."""


def areas() -> tuple[str, ...]:
    return tuple(_AREAS)


@cache
def _area(prefix: str) -> dict[str, Code]:
    module = import_module(f"conformance.catalogue.{_AREAS[prefix]}")
    return {row.code: row for row in module.CODES}


def code(name: str) -> Code:
    """The row of a code; KeyError for an unknown one, which is a bug of the caller."""
    return _area(name.partition("-")[0])[name]


def codes() -> tuple[Code, ...]:
    """Every row, by area and number."""
    return tuple(row for prefix in _AREAS for row in sorted(_area(prefix).values(), key=lambda row: row.code))


def issue(name: str, /, at: Where | None = None, *, found: str | None = None, **words: object) -> Issue:
    """An Issue of the catalogue's code, its message filled with structural `words` (never with data)."""
    row = code(name)
    return Issue(
        severity=row.severity,
        code=row.code,
        message=row.message.format(**words),
        at=at or Where(),
        spec=row.spec,
        found=found,
    )
