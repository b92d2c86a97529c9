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
_LANGUAGES = "http://terminology.hl7.org/ValueSet/Languages"
_FEW = 12
"""So many codes are told one by one."""


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
        if value_set == _LANGUAGES:
            return len(said.partition("-")[0]) in (2, 3)
        if (listed := _listed().get(value_set.rpartition("/")[2])) is not None:
            return said in listed[1]
        uri = uri_of(system) if system else None
        return None if system and uri is None else self._held.member(value_set, uri, said)

    @property
    def _held(self) -> Terminology:
        if self._terminology is None:
            self._terminology = default_terminology()
        return self._terminology


def described(value_set: str) -> str:
    """A value set for messages: by its name and codes where we have them, else by its URL."""
    if value_set == _UNITS:
        return f"{value_set} (units of UCUM, such as mg, mL, 1, mm[Hg], 10*3/uL)"
    if value_set == _LANGUAGES:
        return f"{value_set} (two or three letters, such as en-US)"
    name, codes = _listed().get(value_set.rpartition("/")[2], ("", {}))
    few = f": {', '.join(codes)}" if len(codes) <= _FEW else ""
    return f"{value_set} ({name}{few})" if name else value_set


@cache
def _listed() -> Mapping[str, tuple[str, Mapping[str, None]]]:
    """Our own small value sets with their names, by the last part of their URL."""
    return {row["id"]: (row["name"], dict.fromkeys(row["codes"].split("|"))) for row in rows("valuesets.csv")}
