"""Whether a code is in a value set that a template binds: three-valued, by the terminology that is here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from conformance.ccda.library import rows
from conformance.terminology import Terminology, default_terminology
from conformance.terminology.oids import uri_of
from conformance.terminology.ucum import valid

_UNITS = "http://terminology.hl7.org/ValueSet/v3-UnitsOfMeasureCaseSensitive"


class Codes:
    """Looks codes of a document up; answers None where what is here doesn't tell."""

    def __init__(self, terminology: Terminology | None = None) -> None:
        self._terminology = terminology

    def member(self, value_set: str, code: Any) -> bool | None:
        """Of a plain code, or of an element with `@code` and `@codeSystem`; a null or absent code isn't judged."""
        given: Mapping[str, str] = {"code": code} if isinstance(code, str) else code.attributes
        said, system = given.get("code"), given.get("codeSystem")
        if not said:
            return None
        if value_set == _UNITS:
            return valid(said)
        if (listed := _listed().get(value_set.rpartition("/")[2])) is not None:
            return said in listed
        uri = uri_of(system) if system else None
        return None if system and uri is None else self._held.member(value_set, uri, said)

    @property
    def _held(self) -> Terminology:
        if self._terminology is None:
            self._terminology = default_terminology()
        return self._terminology


@cache
def _listed() -> Mapping[str, frozenset[str]]:
    """Our own small value sets, by the last part of their URL."""
    return {row["id"]: frozenset(row["codes"].split("|")) for row in rows("valuesets.csv")}
