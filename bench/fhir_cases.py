"""`python bench/fhir_cases.py [SHARED]`: agreement with the official validator's recorded verdicts on fhir-test-cases.

Prints, per suite and form: agreement, false alarms, misses, balanced accuracy, and the share of cases with errors on
both sides where one of ours stands where one of theirs does; writes it to `bench/fhir_cases.md`. `--list` names the
cases that differ.
"""

from __future__ import annotations

import csv
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.formats.fhir.codec import FhirJson
from conformance import packages
from conformance.definitions.pack import Pack
from conformance.definitions.registry import Registry
from conformance.fhir import Validator, from_xml
from conformance.issue import Issue, has_errors

_BASE = ("hl7.fhir.r4.core-4.0.1", "hl7.fhir.uv.extensions.r4-5.3.0-subset")
"""What the recorded runs had loaded, besides what a case names."""
SHARED = Path(__file__).parent.parent.parent / "shared"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case: what was recorded, what we say, where."""

    name: str
    suite: str
    form: str
    """JSON or XML."""
    expected: bool
    found: bool
    places: frozenset[str]
    issues: tuple[Issue, ...]

    @property
    def differs(self) -> bool:
        return self.found != self.expected

    @property
    def located(self) -> bool:
        ours = {_place(each.at.path) for each in self.issues if each.severity in ("error", "fatal")}
        return bool(ours & {_place(each) for each in self.places})


def _place(path: str) -> str:
    """A FHIRPath without the official validator's comments (`/*Patient/1*/`)."""
    return re.sub(r"/\*.*?\*/", "", path).strip()


def read(path: Path) -> tuple[Any, tuple[Issue, ...]]:
    raw = path.read_bytes()
    result = from_xml.read(raw) if path.suffix == ".xml" else FhirJson().parse(raw)
    value = result.value if path.suffix == ".xml" else getattr(result.value, "root", None)
    return value, result.issues


def validate(row: dict[str, str], folder: Path, cache: Path) -> tuple[Issue, ...]:
    """What we say of a case, with its profile and supporting files loaded."""
    packs: list[Pack] = []
    resources: list[Any] = []
    for name in [row["profile"], *row["supporting"].split("|")]:
        path = (
            folder.parent / "packages" / name.removeprefix("packages:")
            if name.startswith("packages:")
            else folder / name
        )
        if not name:
            continue
        if path.suffix == ".tgz":
            pack = packages.compiled(path, cache).value
            packs += [pack] if pack is not None else []
        else:
            resource = read(path)[0]
            resources += [resource] if resource is not None else []
    root, issues = read(folder / row["file"])
    if root is None:
        return issues
    validator = Validator(Registry(packs, resources, shipped=_BASE))
    profiles = [row["profile_url"]] if row["profile_url"] else []
    return (*issues, *validator.validate(root, profiles=profiles))


def outcomes(folder: Path) -> Iterator[Outcome]:
    with tempfile.TemporaryDirectory() as cache, (folder / "cases.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            issues = validate(row, folder, Path(cache))
            places = frozenset(filter(None, row["error_expressions"].split(" | ")))
            form = "XML" if row["file"].endswith(".xml") else "JSON"
            expected = row["expect"] == "error"
            yield Outcome(row["name"], row["suite"], form, expected, has_errors(issues), places, issues)


HEAD = ("", "cases", "agree", "false alarms", "misses", "balanced accuracy", "located")


def summary(name: str, cases: list[Outcome]) -> tuple[str, ...]:
    alarms = [case for case in cases if case.found and not case.expected]
    misses = [case for case in cases if case.expected and not case.found]
    errors = [case for case in cases if case.expected]
    clean = len(cases) - len(errors)
    both = [case for case in errors if case.found and case.places]
    right = (len(cases) - len(alarms) - len(misses)) / len(cases)
    balanced = ((len(errors) - len(misses)) / max(len(errors), 1) + (clean - len(alarms)) / max(clean, 1)) / 2
    located = sum(case.located for case in both) / max(len(both), 1)
    return (
        name, str(len(cases)), f"{right:.1%}", str(len(alarms)), str(len(misses)), f"{balanced:.1%}",
        f"{located:.1%} of {len(both)}",
    )  # fmt: skip


def table(cases: list[Outcome]) -> str:
    parts = [(suite, [case for case in cases if case.suite == suite]) for suite in ("base", "profile", "package")]
    parts += [(form, [case for case in cases if case.form == form]) for form in ("JSON", "XML")]
    rows = [HEAD, ("---",) * len(HEAD), *(summary(name, part) for name, part in [*parts, ("all", cases)])]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main(arguments: list[str]) -> None:
    shared = Path(next((each for each in arguments if not each.startswith("-")), SHARED))
    cases = list(outcomes(shared / "fhir-cases"))
    about = f"{len(cases)} cases of fhir-test-cases against the official validator's recorded verdicts"
    wrong = [
        f"- {'missed' if case.expected else 'false alarm'}: {case.suite}, {case.name}" for case in cases if case.differs
    ]
    lines = ["# FHIR validation: agreement", "", f"{about}, {datetime.now(UTC):%Y-%m-%d}. Written by `make bench`.", ""]
    text = "\n".join([*lines, table(cases), "", *wrong, ""])
    (Path(__file__).parent / "fhir_cases.md").write_text(text)
    sys.stdout.write(text)
    for case in cases if "--list" in arguments else ():
        if case.differs:
            print("MISS " if case.expected else "ALARM", case.suite, case.name, *sorted(case.places)[:4])
            for each in case.issues[:6] if case.found else ():
                if each.severity in ("error", "fatal"):
                    print("     ", each.code, each.at.path, each.message[:160], each.found)


if __name__ == "__main__":
    main(sys.argv[1:])
