"""Calls that fire the codes of map files: MAP-00xx, and YAML."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from conformance import yaml
from conformance.issue import Issue
from gateway.config import Site
from gateway.conversion import convert
from gateway.targets import Target
from mappings.lint import lint
from tests.mappings.small import HEAD, SYNTAXES, adt


def _lint(text: str, *more: tuple[str, str], head: str = HEAD) -> Callable[[], Iterable[Issue]]:
    def fire() -> Iterable[Issue]:
        with TemporaryDirectory() as folder:
            for name, content in (("small.yaml", head + text), *more):
                (Path(folder) / name).write_text(content, encoding="utf-8")
            return lint((), SYNTAXES.__getitem__, Path(folder))

    return fire


def _rule(rule: str) -> Callable[[], Iterable[Issue]]:
    return _lint(f"rules: [{{make: Patient, rules: [{rule}]}}]\n")


def _no_map() -> Iterable[Issue]:
    document = adt("PID|1")
    document.root.structure = "ZZZ_Z99"
    return convert(document, Target(format="fhir"), Site()).issues


FIRES: dict[str, Callable[[], Iterable[Issue]]] = {
    "MAP-0001": _lint("rules: {v2: PID-7, fhir: birthDate}\n"),
    "MAP-0002": _rule("{v2: PID-7, fihr: birthDate}"),
    "MAP-0003": _rule("{v2: PID-7, fhir: extension($nobody).valueString}"),
    "MAP-0004": _lint("tables: {t: {rows: [[a, b]], unmapped: guess}}\n"),
    "MAP-0005": _lint("tables: {t: {csv: ../../etc/passwd}}\n"),
    "MAP-0006": _lint("tables: {t: {csv: t.csv, from: a, to: b}}\n", ("t.csv", "a,c\n1,2\n")),
    "MAP-0007": _rule("{v2: PID-7, fhir: birthDate, when: {v2: PID-29, iz: empty}}"),
    "MAP-0008": _rule("{v2: PID-7, fhir: birthday}"),
    "MAP-0009": _rule("{v2: PID-7}"),
    "MAP-0010": _no_map,
    "MAP-0011": _rule("{v2: PID-7, fhir: multipleBirthInteger, as: date}"),
    "MAP-0012": _lint("", ("other.yaml", HEAD)),
    "YAML-0001": lambda: yaml.load("rules: [{v2: PID-7", "map.yaml").issues,
    "YAML-0002": lambda: yaml.load("zone: a\nzone: b\n", "site.yaml").issues,
}
