"""Site settings as an operator meets them: every mistake at once, with its place and what was probably meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.issue import Issue
from gateway.config import Site, site
from gateway.config.load import load, shown
from gateway.config.plan import plan

GOOD = """\
tenant: {salt: "${env:SALT}"}
default_zone: America/New_York
authorities: {STATE: urn:oid:2.16.840.1.113883.4.1}
senders:
  general:
    match: {MSH-3: EPIC, MSH-4: [GENERAL, GH]}
    zone: America/Chicago
    authorities: {MRN: https://example.org/mrn}
  annex:
    match: {MSH-4: ANNEX}
overlays: ours
"""

BAD = """\
tennant: {salt: x}
tenant:
  salt: ${env:NOPE}
default_zone: America/New_Yrk
senders:
  good:
    match: {MSH-3: EPIC}
    zon: UTC
    authorities: {MRN: not a uri}
  bad: {zone: UTC}
default_zone: [UTC]
overlays: ${vault:folder}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "gateway.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def brief(issues: tuple[Issue, ...]) -> list[tuple[str, int | None, int | None]]:
    return [(one.code, one.at.line, one.at.column) for one in issues]


@pytest.fixture
def good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SALT", "a long enough salt")
    (tmp_path / "ours").mkdir()
    write(tmp_path, GOOD)
    return tmp_path


def test_a_site_is_a_folder_with_settings_maps_and_tables(good: Path) -> None:
    (good / "maps").mkdir()
    result = site(good)
    assert result.value is not None
    assert result.issues == ()
    assert result.value.salt == "a long enough salt"
    assert result.value.default_zone == "America/New_York"
    assert result.value.overlays == (good / "maps", good / "ours")


def test_a_file_alone_is_settings_without_the_folders_beside_it(good: Path) -> None:
    (good / "maps").mkdir()
    result = site(good / "gateway.yaml")
    assert result.value is not None
    assert result.value.overlays == (good / "ours",)


def test_no_settings_are_the_default(tmp_path: Path) -> None:
    assert site(None).value == site(tmp_path).value == Site()


@pytest.mark.parametrize(
    ("sent", "name", "zone"),
    [
        ({"MSH-3": "EPIC", "MSH-4": "GH"}, "general", "America/Chicago"),
        ({"MSH-3": "EPIC", "MSH-4": "ANNEX"}, "annex", None),
        ({"MSH-3": "CERNER", "MSH-4": "GH"}, "", None),
    ],
)
def test_a_sender_is_the_first_whose_match_holds(good: Path, sent: dict[str, str], name: str, zone: str | None) -> None:
    settings = site(good).value
    assert settings is not None
    sender = settings.sender(lambda path: [sent[path]])
    assert (sender.name, sender.zone) == (name, zone)
    assert sender.authorities["STATE"] == "urn:oid:2.16.840.1.113883.4.1"
    assert ("MRN" in sender.authorities) is (name == "general")


def test_every_mistake_is_reported_at_once_with_its_place(tmp_path: Path) -> None:
    result = site(write(tmp_path, BAD))
    assert result.value is None
    assert brief(result.issues) == [
        ("CFG-0002", 1, 1),
        ("CFG-0005", 3, 9),
        ("CFG-0002", 8, 5),
        ("CFG-0003", 9, 24),
        ("CFG-0004", 10, 8),
        ("YAML-0002", 11, 1),
        ("CFG-0003", 11, 15),
        ("CFG-0007", 12, 11),
    ]


def test_what_was_probably_meant_is_said(tmp_path: Path) -> None:
    result = site(
        write(tmp_path, "tennant: {}\ndefault_zone: America/New_Yrk\nsenders: {a: {match: {MSH-3: A}, zoen: UTC}}\n")
    )
    messages = " ".join(one.message for one in result.issues)
    for meant in ("`tenant`", "`America/New_York`", "`zone`"):
        assert f"did you mean {meant}?" in messages


def test_a_file_that_is_no_yaml_or_no_mapping_or_not_there(tmp_path: Path) -> None:
    assert brief(site(write(tmp_path, "a: [")).issues)[0][:2] == ("YAML-0001", 2)
    assert [one.code for one in site(write(tmp_path, "- a")).issues] == ["CFG-0003"]
    assert [one.code for one in site(tmp_path / "none.yaml").issues] == ["CFG-0001"]
    assert [one.code for one in site(write(tmp_path, "")).issues] == ["CFG-0008"]


def test_values_stay_as_they_are_written(tmp_path: Path) -> None:
    settings = site(write(tmp_path, "tenant: {salt: 0123456789}\nsenders: {no: {match: {MSH-3: 01}}}")).value
    assert settings is not None
    assert settings.salt == "0123456789"
    assert settings.senders[0].name == "no"
    assert settings.senders[0].match == {"MSH-3": ["01"]}


def test_references_are_resolved_in_place(tmp_path: Path) -> None:
    (tmp_path / "salt.txt").write_text("from a file\n")
    loaded = load(write(tmp_path, "tenant: {salt: 'a ${file:salt.txt} $${b}'}"), {}).value
    assert loaded is not None
    assert loaded.config.tenant.salt is not None
    assert loaded.config.tenant.salt.get_secret_value() == "a from a file ${b}"


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"x" * 70_000])
def test_a_secret_file_that_cannot_be_read_is_an_issue(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "salt").write_bytes(content)
    result = load(write(tmp_path, "tenant: {salt: '${file:salt}'}"), {})
    assert [one.code for one in result.issues] == ["CFG-0006"]


def test_a_missing_overlay_folder_is_an_error_with_its_place(tmp_path: Path) -> None:
    result = site(write(tmp_path, "tenant: {salt: 0123456789}\noverlays: [., none]"))
    assert brief(result.issues) == [("CFG-0009", 2, 15)]
    assert result.value is None


def test_secrets_are_never_shown(good: Path) -> None:
    loaded = load(good / "gateway.yaml").value
    assert loaded is not None
    assert shown(loaded)["tenant"] == {"salt": "${env:SALT}"}
    plain = load(write(good, "tenant: {salt: very secret salt}")).value
    assert plain is not None
    assert shown(plain)["tenant"] == {"salt": "***"}
    assert "very secret salt" not in repr(plain)


def test_mistakes_of_both_kinds_are_told_at_once_and_each_in_its_place(tmp_path: Path) -> None:
    """What types find (a wrong word, a missing name) doesn't hide what only a look at the whole finds."""
    path = write(
        tmp_path,
        """\
tenant: {salt: "12345678"}
channels:
  b: {transport: mllp, listen: {prt: 2575}, format: hl7v3, accept: [adt-cms-enotificatio]}
  c: {transport: mllp, listen: {frame_timeout: 30 parsecs}}
destinations:
  hub: {type: fhir_messaging, to: {ul: "https://h.example"}}
  mail: {type: webhook, to: {url: "ftp://h.example", secrets: [x]}, as: alrts}
routes:
- {when: {event: A01}, to: [hub]}
- {name: c, when: {event: {inn: [A01]}}, to: [hubb], stop: [nobody]}
- {name: e, colour: red, when: {any: [{evnt: x}, {"hl7v3:PID-3": y}]}, to: [hub]}
- {name: f, when: {"Patient.name.where(": x}, to: [hub]}
""",
    )
    found = plan(path)
    assert found.value is None
    assert [(one.code, one.at.line) for one in found.issues] == [
        ("CFG-0002", 3), ("CFG-0101", 3), ("CFG-0101", 3), ("CFG-0003", 4), ("CFG-0004", 6), ("CFG-0002", 6),
        ("CFG-0104", 7), ("CFG-0102", 7), ("CFG-0004", 9), ("CFG-0106", 10), ("CFG-0101", 10), ("CFG-0003", 10),
        ("CFG-0002", 11), ("CFG-0106", 11), ("CFG-0106", 12),
    ]  # fmt: skip
    hints = " ".join(one.message for one in found.issues)
    for word in ("port", "hl7v2", "adt-cms-enotification", "url", "alerts", "hub", "event"):
        assert f"did you mean {word}" in hints or f"did you mean `{word}`" in hints


def test_times_of_transports_are_written_like_all_others(tmp_path: Path) -> None:
    path = write(tmp_path, "channels: {a: {transport: mllp, listen: {frame_timeout: 2m, idle_timeout: 90}}}")
    made = plan(path).value
    assert made is not None
    assert (made.channels["a"].listen.frame_timeout, made.channels["a"].listen.idle_timeout) == (120.0, 90.0)


HTTP = """\
tenant: {salt: a long enough salt}
http:
  host: 0.0.0.0
  process_message: fihr
  keys: {feed: {hash: "sha256:%s", channels: [adt, fhri]}}
channels:
  adt: {transport: http, format: hl7v2}
  fhir: {transport: http, format: fhir}
""" % ("0" * 64)


def test_channels_that_http_names_are_there(tmp_path: Path) -> None:
    found = plan(write(tmp_path, HTTP))
    assert brief(found.issues) == [("CFG-0101", 4, 20), ("CFG-0101", 5, 114)]
    assert all("did you mean fhir?" in one.message for one in found.issues)


def test_beyond_loopback_without_a_key_is_a_mistake_in_its_place(tmp_path: Path) -> None:
    text = "".join(line for line in HTTP.splitlines(keepends=True) if "keys:" not in line).replace("fihr", "fhir")
    found = plan(write(tmp_path, text))
    assert found.value is None
    assert brief(found.issues) == [("CFG-0104", 3, 9)]
    assert "needs an API key" in found.issues[0].message


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("{outreach: MAYBE}", "outreach is never MAYBE"),
        ("{outreach: [Y, stop]}", "outreach is never stop; there are Y, N, REVIEW, STOP"),
        ("{not: {deceased: 'yes'}}", "deceased is never yes"),
        ("{outreach: {eq: STOP}, deceased: 'true'}", None),
        ("{'hl7v2:PV1-44.1.1.1': x}", "not an HL7 v2 path"),
        ("{any: [{'ccda:a b': x}]}", "not a step of a C-CDA path"),
        ("{'hl7v2:PD1-12': Y, 'ccda:recordTarget/patientRole/id/@root': x, 'csv:Client.DOB': x}", None),
    ],
)
def test_a_rule_that_could_never_match_is_a_mistake(tmp_path: Path, when: str, said: str | None) -> None:
    text = "tenant: {salt: a long enough salt}\nroutes:\n- {name: a, when: %s, stop: [hub]}\n"
    found = [one.message for one in plan(write(tmp_path, text % when)).issues]
    assert [one for one in found if said and said in one] == (found if said else [])
    assert len(found) == (said is not None)


def test_a_port_that_there_is_not_is_told_in_its_place(tmp_path: Path) -> None:
    text = "tenant: {salt: a long enough salt}\nchannels:\n  adt: {transport: mllp, listen: {port: 70000}}\n"
    assert brief(plan(write(tmp_path, text)).issues) == [("CFG-0104", 3, 34)]
