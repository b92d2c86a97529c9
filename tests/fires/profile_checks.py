"""Every code of YAML profiles, fired by a real call."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from conformance import profile
from conformance.document import Document
from conformance.issue import Issue, Where


class _Read:
    def values(self, document: Document, path: str) -> list[tuple[Any, Where]]:
        return [(value, Where(path=path)) for value in document.root.get(path, [])]


def _check(rule: str, values: list[str], head: str = "", format_: str = "hl7v2") -> Iterable[Issue]:
    text = f"profile: p\ntitle: t\nformat: hl7v2\n{head}checks:\n- {{id: a, {rule}}}\n"
    loaded = profile.read(text.encode(), "p.yaml").value
    assert loaded is not None
    return profile.check(loaded, Document(format=format_, version="", root={"X": values}), _Read())


def _file(checks: str) -> Iterable[Issue]:
    return profile.read(f"profile: p\ntitle: t\nformat: fhir\nchecks:\n{checks}".encode(), "p.yaml").issues


def _fhir(rule: str) -> Iterable[Issue]:
    text = f"profile: p\ntitle: t\nformat: fhir\nchecks:\n- {{id: a, {rule}}}\n"
    loaded = profile.read(text.encode(), "p.yaml").value
    assert loaded is not None
    root = {"resourceType": "Patient", "gender": "male"}
    return profile.check(loaded, Document(format="fhir", version="4.0.1", root=root))


FIRES: dict[str, Callable[[], Iterable[Issue]]] = {
    "PRO-0001": lambda: _check("path: X, usage: R", [], format_="csv"),
    "PRO-0002": lambda: _check("path: X, usage: R", [], head="applies: {X: a}\n"),
    "PRO-0101": lambda: _check("path: X, usage: R", []),
    "PRO-0102": lambda: _check("path: X, min: 2", ["a"]),
    "PRO-0103": lambda: _check("path: X, max: 1", ["a", "b"]),
    "PRO-0104": lambda: _check("path: X, usage: X", ["a"]),
    "PRO-0105": lambda: _check("path: X, type: NM", ["a"]),
    "PRO-0106": lambda: _check("path: X, in: [b]", ["a"]),
    "PRO-0107": lambda: _check("path: X, pattern: b", ["a"]),
    "PRO-0108": lambda: _check("path: X, length: 2", ["abc"]),
    "PRO-0109": lambda: _check("any_of: [Y, Z]", ["a"]),
    "PRO-0110": lambda: _fhir("holds: \"gender = 'female'\""),
    "PRO-0111": lambda: _fhir("path: gender, value_set: http://example.org/unknown"),
    "PRO-0112": lambda: _fhir("holds: Patient.gender.length() + 'x' > 1"),
    "PRO-0201": lambda: _file("- a\n"),
    "PRO-0202": lambda: _file("- {id: a, pth: b}\n"),
    "PRO-0203": lambda: _file("- {path: b}\n"),
    "PRO-0204": lambda: _file("- {id: a, path: b, usage: R}\n- {id: a, path: b, usage: R}\n"),
    "PRO-0205": lambda: _file("- {id: a, path: b}\n"),
    "PRO-0206": lambda: profile.load("no-such-profile").issues,
}
