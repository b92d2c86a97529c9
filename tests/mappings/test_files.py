"""Map files: lint, overlays, the cache, the tests beside maps, the schema, and texts that would like to be code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from conformance import cache as folders
from mappings import cache
from mappings.catalog import SHIPPED, Catalog, files
from mappings.lint import judge, lint
from mappings.schema import schema
from mappings.trial import trial
from tests.mappings.small import CODECS, HEAD, SYNTAXES, Small, adt, bundle, content, resources, seg, write

RULES = """
names: {place: "http://place"}
tables: {sex: {rows: [[F, female], [M, male]], unmapped: keep}}
parts: {xpn: [{v2: "1.1", fhir: family}]}
rules:
- make: Patient
  key: {v2: [PID-3]}
  rules:
  - {v2: PID-3, fhir: identifier.value}
  - {v2: PID-5, fhir: name, use: xpn}
  - {v2: PID-8, fhir: gender, table: sex}
  - {v2: PID-23, fhir: extension($place).valueString}
"""


def found(folder: Path) -> list[tuple[str, str, int | None]]:
    issues = lint((), SYNTAXES.__getitem__, folder)
    return [(issue.code, Path(issue.at.source).name, issue.at.line) for issue in issues]


# ---- lint --------------------------------------------------------------------------------------------------


def test_lint_names_file_and_line_of_every_finding(tmp_path: Path) -> None:
    write(
        tmp_path,
        """
rules:
- make: Patient
  rules:
  - {v2: PID-7, fhir: birthday}
  - {v2: PID-5, fhir: name, use: nobody}
  - {v2: PID-8, fhir: gender, table: nothing}
  - {v2: PID-8, fhir: gender, as: magic}
  - {v2: PID-xx, fhir: gender}
  - {fhir: birthDate}
- {make: Person8, rules: []}
- {each: NOGROUP, rules: [{make: Condition, rules: [{v2: DG1-3, fhir: code.text}]}]}
""",
    )
    by_line = {line: code for code, _, line in found(tmp_path)}
    assert by_line == {7: "MAP-0008", 8: "MAP-0008", 9: "MAP-0008", 10: "MAP-0008", 11: "MAP-0008", 12: "MAP-0009",
                       13: "MAP-0008", 14: "MAP-0008"}  # fmt: skip
    assert {name for _, name, _ in found(tmp_path)} == {"small.yaml"}


def test_lint_of_the_shipped_maps_is_clean() -> None:
    assert [issue for issue in lint((), SYNTAXES_ALL) if issue.severity == "error"] == []


def SYNTAXES_ALL(name: str) -> Any:  # noqa: N802 (used like the mapping above)
    from gateway import formats

    return formats.syntax(name)


def test_each_rule_is_two_way_one_way_or_lossy(tmp_path: Path) -> None:
    from mappings.conversions import REGISTRY

    m = write(
        tmp_path,
        """
tables: {t: {rows: [[A, x], [B, x]]}}
rules:
- make: Patient
  rules:
  - {v2: PID-8, fhir: gender}
  - {v2: PID-8, fhir: gender, table: t}
  - {v2: PID-7, fhir: birthDate, as: date, derived: a reason}
  - {v2: [PID-5.2, PID-5.3], fhir: name.given, as: given-names}
""",
    )
    assert [(each.line, each.ways) for each in judge(m.linked(), REGISTRY)] == [
        ("small.yaml:8", "two-way"),
        ("small.yaml:9", "lossy"),
        ("small.yaml:10", "one-way"),
        ("small.yaml:11", "lossy"),
    ]


def test_a_map_with_errors_is_not_used(tmp_path: Path) -> None:
    write(tmp_path, "rules: [{make: Patient, rules: [{v2: PID-7, fhir: birthday}]}]\n")
    catalog = Catalog(shipped=tmp_path)
    assert catalog.converter("small", "v2", "fhir", SYNTAXES.__getitem__) is None
    assert [issue.code for issue in catalog.issues] == ["MAP-0008"]


# ---- overlays ----------------------------------------------------------------------------------------------


def overlaid(tmp_path: Path, text: str) -> Any:
    write(tmp_path / "shipped", RULES)
    write(tmp_path / "site", text, head="map: small\n")
    catalog = Catalog((tmp_path / "site",), tmp_path / "shipped")
    converter = catalog.converter("small", "v2", "fhir", SYNTAXES.__getitem__)
    assert converter is not None, catalog.issues
    return content(converter(adt(seg("PID", {3: "1", 5: "Fox&Van^Ann", 8: "F", 23: "Rome"}))), "Patient")


@pytest.mark.parametrize(
    ("overlay", "name", "value"),
    [
        ("names: {place: 'http://ours'}", "extension", [{"url": "http://ours", "valueString": "Rome"}]),
        ("tables: {sex: {rows: [[F, other]]}}", "gender", "other"),
        ("tables: {sex+: {rows: [[F, unknown]]}}", "gender", "unknown"),
        ("tables: {sex+: {rows: [[X, unknown]]}}", "gender", "female"),
        ("parts: {xpn: [{v2: '2', fhir: text}]}", "name", [{"text": "Ann"}]),
        ("parts: {xpn+: [{v2: '2', fhir: text}]}", "name", [{"family": "Fox", "text": "Ann"}]),
        ("rules: [{make: Patient, rules: [{v2: PID-8, fhir: gender}]}]", "gender", "F"),
    ],
)
def test_an_overlay_overrides_one_by_one_or_adds(tmp_path: Path, overlay: str, name: str, value: Any) -> None:
    assert overlaid(tmp_path, overlay + "\n")[name] == value


def test_an_overlay_adds_rules_behind(tmp_path: Path) -> None:
    write(tmp_path / "shipped", RULES)
    write(tmp_path / "site", "rules+: [{v2: MSH-10, fhir: identifier.value}]\n", head="map: small\n")
    catalog = Catalog((tmp_path / "site",), tmp_path / "shipped")
    converter = catalog.converter("small", "v2", "fhir", SYNTAXES.__getitem__)
    assert converter is not None
    made = converter(adt(seg("PID", {3: "1"})))
    assert made.document is not None
    assert made.document.root["identifier"] == {"value": "C1"}
    assert len(resources(made, "Patient")) == 1


def test_a_sites_own_map_comes_before_the_shipped_ones(tmp_path: Path) -> None:
    write(tmp_path / "shipped", RULES)
    write(tmp_path / "site", RULES, head=HEAD.replace("map: small", "map: ours"))
    assert Catalog((tmp_path / "site",), tmp_path / "shipped").find("v2", "fhir", "ADT_A01") == "ours"
    assert Catalog((), tmp_path / "shipped").find("v2", "fhir", "ADT_A01") == "small"
    assert Catalog((), tmp_path / "shipped").find("v2", "fhir", "ADT_A99") is None


# ---- the cache ---------------------------------------------------------------------------------------------


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for the cache that nobody else uses."""
    home = tmp_path / "cache"
    home.mkdir(mode=0o700)
    monkeypatch.setattr(cache, "folder", lambda: home)
    return home


def patient(folder: Path) -> dict[str, Any]:
    converter = Catalog(shipped=folder).converter("small", "v2", "fhir", SYNTAXES.__getitem__)
    assert converter is not None
    made = converter(adt(seg("PID", {3: "1", 8: "F"})))
    assert made.ledger.counts()["mapped"] == 2
    return content(made, "Patient")


def test_what_the_cache_kept_gives_the_same(cached: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "maps", RULES)
    first = patient(tmp_path / "maps")
    assert any(cached.iterdir())
    monkeypatch.setattr("mappings.compiler.compile_map", None)
    assert patient(tmp_path / "maps") == first


def test_files_that_cant_be_read_are_made_anew(cached: Path, tmp_path: Path) -> None:
    write(tmp_path / "maps", RULES)
    first = patient(tmp_path / "maps")
    for bad in (b"", b"{", b"[]", b'{"sources": 5}', b"null", b"\xff\xfe", b'{"sources": {}, "sites": [1]}'):
        for path in cached.iterdir():
            path.write_bytes(bad)
        assert patient(tmp_path / "maps") == first


def test_another_map_table_or_compiler_is_another_entry(
    cached: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "maps", RULES)
    assert patient(tmp_path / "maps")["gender"] == "female"
    write(tmp_path / "maps", RULES.replace("[F, female]", "[F, other]"))
    assert patient(tmp_path / "maps")["gender"] == "other"
    before = len(list(cached.iterdir()))
    monkeypatch.setattr(cache, "_version", lambda: "another compiler")
    assert patient(tmp_path / "maps")["gender"] == "other"
    assert len(list(cached.iterdir())) > before


def test_a_cache_that_others_could_write_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "open"
    home.mkdir()
    home.chmod(0o777)
    monkeypatch.setenv("SDOH_GATEWAY_CACHE", str(home))
    folders.folder.cache_clear()
    try:
        assert folders.folder() is None
    finally:
        folders.folder.cache_clear()


def test_without_a_cache_maps_work_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, RULES)
    monkeypatch.setattr(cache, "folder", lambda: None)
    assert patient(tmp_path)["gender"] == "female"


# ---- tests beside maps -------------------------------------------------------------------------------------


TESTS = r"""
- name: passes
  give: {v2: "MSH|^~\\&|A|B|||2024||ADT^A01|1|P|2.5.1\nPID|||1||Fox|||F"}
  expect: {fhir: {"$name.family": Fox, "$gender": female}}
  absent: ["$birthDate"]
  issues: []
  back: [PID-5, PID-8]
- name: a wrong value
  give: {v2: "MSH|^~\\&|A|B|||2024||ADT^A01|1|P|2.5.1\nPID|||1||Fox|||X"}
  expect: {fhir: {"$gender": female}}
  absent: ["$name"]
  issues: []
- name: from FHIR
  give: {fhir: '{"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient", "gender": "male"}}]}'}
  expect: {v2: {PID-8: M}}
- name: no document
  give: {v2: "not a message"}
- name: all that was mapped comes back
  give: {v2: "MSH|^~\\&|A|B|||2024||ADT^A01|1|P|2.5.1\nPID|||1||Fox&x|||F"}
  back: true
""".replace("$", "entry.resource.ofType(Patient).")


def test_map_tests_pass_and_fail_and_say_why(tmp_path: Path) -> None:
    write(tmp_path, RULES)
    (tmp_path / "small.test.yaml").write_text(TESTS)
    outcomes, issues = trial((), SYNTAXES.__getitem__, CODECS.__getitem__, tmp_path)
    assert issues == ()
    assert [(each.name, each.line, bool(each.failures)) for each in outcomes] == [
        ("passes", 2, False),
        ("a wrong value", 8, True),
        ("from FHIR", 13, False),
        ("no document", 16, True),
        ("all that was mapped comes back", 18, False),
    ]
    assert outcomes[1].failures == (
        "entry.resource.ofType(Patient).gender: ['X'] instead of ['female']",
        "entry.resource.ofType(Patient).name: [\"{'family': 'Fox'}\"] instead of nothing",
        "issues ['MAP-0103'] instead of []",
    )


def test_an_unknown_key_of_a_map_test_is_a_finding(tmp_path: Path) -> None:
    write(tmp_path, RULES)
    (tmp_path / "small.test.yaml").write_text("- {name: x, gives: {}}\n")
    _, issues = trial((), SYNTAXES.__getitem__, CODECS.__getitem__, tmp_path)
    assert [issue.code for issue in issues] == ["MAP-0002"]


# ---- the schema --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", files(SHIPPED), ids=lambda path: str(path.relative_to(SHIPPED)))
def test_the_schema_accepts_every_shipped_file(path: Path) -> None:
    jsonschema.validate(yaml.safe_load(path.read_text(encoding="utf-8")), schema())


@pytest.mark.parametrize(
    "text",
    [
        "rules: []",
        "{map: x, between: {v2: A}, rules: []}",
        "{map: x, ruls: []}",
        "{map: x, rules: [{when: {is: empty, all: 5}}]}",
        "{map: x, tables: {t: {rows: [[a]]}}}",
        "{map: x, tables: {t: {unmapped: guess}}}",
        "{map: x, rules: {v2: PID-3}}",
        "[]",
    ],
)
def test_the_schema_rejects_what_is_no_map(text: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(text), schema())


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


# ---- the same input, the same output -----------------------------------------------------------------------


SCRIPT = """
import orjson, sys
from bench.adt_messages import messages
from adapters.formats.hl7v2 import FORMAT
from mappings.catalog import Catalog
from tests.mappings.small import SYNTAXES
there = Catalog().converter("adt-a01", "v2", "fhir", SYNTAXES.__getitem__)
back = Catalog().converter("adt-a01", "fhir", "v2", SYNTAXES.__getitem__)
for raw in messages(2):
    made = there(FORMAT.parse(raw).value)
    print(orjson.dumps(made.document.root, default=str).decode(), made.issues, made.ledger.rows())
    print(back(made.document).document.root.raw)
"""


def test_every_process_gives_the_same() -> None:
    root = Path(__file__).parents[2]
    runs = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            cwd=root,
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "77")
    }
    assert len(runs) == 1
    assert len(runs.pop()) > 10_000


# ---- texts that would like to be code ----------------------------------------------------------------------


EVIL = (
    "'; raise SystemExit #", '"""', "{x}", "\n    raise SystemExit\n", "\\", "\\'", "%s", "*/", "\x00", "\u2028",
    "') or __import__('os').abort() or ('", "$$", "{{", "a\rb", "Ω", "__class__",
)  # fmt: skip


def quoted(text: str) -> str:
    """A text as a YAML scalar."""
    import json

    return json.dumps(text)


@pytest.mark.parametrize("evil", EVIL, ids=range(len(EVIL)))
def test_no_text_of_a_map_becomes_code(tmp_path: Path, evil: str) -> None:
    text = quoted(evil)
    rules = f"""
names: {{n: {text}}}
tables: {{t: {{rows: [[{text}, {text}], [F, female]], unmapped: {{fhir: {text}}}}}}}
rules:
- make: Patient
  name: {text}
  key: {{v2: [PID-3]}}
  where: {{fhir: {{language: {text}}}}}
  rules:
  - {{v2: PID-8, fhir: gender, table: t, default: {{fhir: {text}}}}}
  - {{v2: PID-3, fhir: identifier.value, when: {{not: {{v2: PID-3, eq: {text}}}}}}}
  - {{v2: PID-4, fhir: name.text, when: {{v2: PID-4, in: [{text}]}}}}
  - {{set: {{fhir: {{implicitRules: {text}, extension: [{{url: {text}}}]}}}}}}
  - {{v2: PID-2, ignore: {text}}}
  - {{v2: PID-6, fhir: birthDate, derived: {text}}}
  - {{profile: {text}, needs: [gender]}}
  - {{fhir: managingOrganization, ref: {text}}}
  - choice: {{v2: PID-7}}
    cases: {{{text}: {{v2: PID-9, fhir: name.family}}}}
"""
    m = write(tmp_path, rules)
    made = m.forward(seg("PID", {2: "2", 3: "1", 8: "F"}))
    assert content(made, "Patient")["implicitRules"] == evil
    assert content(made, "Patient")["language"] == evil
    assert made.ledger.rows()
    m.back(made.document)
    m.back(bundle({"resourceType": "Patient", "gender": evil, "language": evil}))


def test_no_id_or_file_name_becomes_code(tmp_path: Path) -> None:
    name = "a\n    raise SystemExit\n.yaml"
    write(tmp_path, RULES, name=name, head=HEAD.replace("small", '"x\\n raise SystemExit"'))
    m = Small(tmp_path, id="x\n raise SystemExit")
    assert content(m.forward(seg("PID", {3: "1", 8: "F"})), "Patient")["gender"] == "female"
