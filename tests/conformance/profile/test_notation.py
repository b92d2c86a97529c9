"""Profile files: what is wrong in one is told with its line, and a good one compiles."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from conformance import profile

HEAD = "profile: p\ntitle: t\nformat: hl7v2\nchecks:\n"


def problems(text: str) -> list[tuple[str, int | None]]:
    result = profile.read(text.encode(), "p.yaml")
    assert result.value is None
    assert all(each.at.source == "p.yaml" for each in result.issues)
    return [(each.code, each.at.line) for each in result.issues]


@pytest.mark.parametrize(
    ("check", "code"),
    [
        ("{id: a, path: PID-5, usage: Q}", "PRO-0201"),
        ("{id: a, path: PID-5, min: few}", "PRO-0201"),
        ("{id: a, path: PID-5, type: Date}", "PRO-0201"),
        ("{id: a, path: PID-5, in: M}", "PRO-0201"),
        ("{id: a, path: PID-5, pattern: '('}", "PRO-0201"),
        ("{id: a, path: PID-5, pattern: '(a+)+b'}", "PRO-0201"),
        ("{id: a, path: PID-5, pattern: '(?:ab|a)*b'}", "PRO-0201"),
        ("{id: a, path: PID-5, length: long}", "PRO-0201"),
        ("{id: a, path: PID-5, usage: R, when: {PV1-2: {of: I}}}", "PRO-0201"),
        ("{id: a, any_of: PID-5}", "PRO-0201"),
        ("{id: a, pth: PID-5, any_of: [PID-5]}", "PRO-0202"),
        ("{path: PID-5, usage: R}", "PRO-0203"),
        ("{id: a, usage: R}", "PRO-0203"),
        ("{id: a, path: PID-5}", "PRO-0205"),
        ("text", "PRO-0201"),
    ],
)
def test_a_mistake_in_a_check_is_told_with_its_line(check: str, code: str) -> None:
    assert (code, 6) in problems(f"{HEAD}- {{id: fine, path: PID-3, usage: R}}\n- {check}\n")


def test_mistakes_of_the_whole_file() -> None:
    assert problems("profile: [\n")[0][0] == "YAML-0001"
    assert problems("- a\n") == [("PRO-0201", 1)]
    assert ("PRO-0203", 1) in problems("title: t\nformat: hl7v2\nchecks: []\n")
    assert ("PRO-0201", 3) in problems("profile: p\ntitle: t\nformat: word\nchecks: []\n")
    assert ("PRO-0201", 4) in problems("profile: p\ntitle: t\nformat: csv\nchecks: a\n")
    twice = "- {id: a, path: PID-3, usage: R}\n" * 2
    assert ("PRO-0204", 6) in problems(HEAD + twice)


def test_every_mistake_is_told_at_once() -> None:
    text = f"{HEAD}- {{id: a, path: PID-3, usage: Q}}\n- {{id: b, path: PID-3, min: x}}\n"
    assert problems(text) == [("PRO-0201", 5), ("PRO-0201", 6)]


def test_an_unknown_profile_is_an_issue() -> None:
    (found,) = profile.load("no-such-profile").issues
    assert found.code == "PRO-0206"


@pytest.mark.parametrize("name", profile.ids())
def test_shipped_profiles_compile_and_satisfy_the_schema(name: str) -> None:
    result = profile.load(name)
    assert not result.issues
    assert result.value is not None
    assert result.value.id == name
    folder = Path(profile.__file__).parent.parent / "profiles"
    jsonschema.validate(yaml.safe_load((folder / f"{name}.yaml").read_text()), profile.schema())


def test_the_schema_refuses_unknown_keys() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(
            {"profile": "p", "title": "t", "format": "csv", "checks": [{"id": "a", "pth": "x"}]}, profile.schema()
        )


@pytest.mark.parametrize(
    "check",
    [
        "{id: a, path: Patient..name, usage: R}",
        "{id: a, path: name, each: 'Patient.contact(', usage: R}",
        "{id: a, holds: name.exists(}",
        "{id: a, holds: name.exist()}",
        "{id: a, path: name, usage: R, when: {'a b': c}}",
        "{id: a, path: name, usage: R, when: {all: [gender, {not: {any: [{'a b': {in: [x]}}]}}]}}",
        "{id: a, any_of: [name, 'a b']}",
    ],
)
def test_what_is_no_fhirpath_is_told_where_it_is_written(check: str) -> None:
    assert problems(HEAD.replace("hl7v2", "fhir") + f"- {check}\n") == [("PRO-0201", 5)]


def test_codes_and_values_of_tests_are_no_paths() -> None:
    check = "{id: a, path: name, usage: R, when: {gender: {in: ['a b', '(']}, active: 'x (', any: [{id: '..'}]}}"
    assert profile.read((HEAD.replace("hl7v2", "fhir") + f"- {check}\n").encode(), "p.yaml").issues == ()
