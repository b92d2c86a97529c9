"""JUnit XML: one case a source; what fails is decided by the severity asked for."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.catalogue import issue
from conformance.issue import Where
from conformance.render.checked import Accepted, Checked
from conformance.render.junit import junit

SECRET = "Doe^Jane"
BAD = issue("JSON-0004", Where(source="a.json", path="Patient.name[0]", line=3), found=SECRET)
WARNING = issue("JSON-0003", Where(source="b.json"))
CHECKED = [
    Checked(source="a.json", issues=(BAD, WARNING)),
    Checked(source="b.json", issues=(WARNING,)),
    Checked(source="c.json", accepted=(Accepted(issue=BAD, reason="<known> & argued"),)),
    Checked(source="d.json"),
]


def _cases(text: str) -> list[ElementTree.Element]:
    return ElementTree.fromstring(text.encode()).findall("testsuite/testcase")


def test_each_source_is_a_case_that_fails_by_its_errors() -> None:
    text = junit(CHECKED)
    suite = ElementTree.fromstring(text.encode())
    assert (suite.get("tests"), suite.get("failures")) == ("4", "1")
    cases = _cases(text)
    assert [one.get("name") for one in cases] == ["a.json", "b.json", "c.json", "d.json"]
    failures = [one.find("failure") for one in cases]
    assert failures[0] is not None
    assert failures[1:] == [None, None, None]
    assert failures[0].get("type") == "JSON-0004"
    assert failures[0].get("message") == "1 error"
    assert "a.json:3 Patient.name[0]" in str(failures[0].text)


def test_what_does_not_fail_stands_in_the_output() -> None:
    outputs = [one.findtext("system-out") or "" for one in _cases(junit(CHECKED))]
    assert "JSON-0003" in outputs[0]
    assert "JSON-0003" in outputs[1]
    assert "<known> & argued" in outputs[2]
    assert outputs[3] == ""


def test_warnings_fail_when_asked_for() -> None:
    cases = _cases(junit(CHECKED, fail_on="warning"))
    assert [one.find("failure") is not None for one in cases] == [True, True, False, False]


def test_what_was_found_is_told_only_when_asked_for() -> None:
    assert SECRET not in junit(CHECKED)
    assert SECRET in junit(CHECKED, found=True)


@settings(max_examples=40)
@given(st.text(), st.text())
def test_any_text_gives_xml_that_parses(name: str, found: str) -> None:
    bad = issue("JSON-0004", Where(source=name, path=name), found=found)
    text = junit([Checked(source=name, issues=(bad,), accepted=(Accepted(issue=bad, reason=found),))], found=True)
    (case,) = _cases(text)
    if name.isprintable() and name.isascii():
        assert case.get("name") == name
    assert text == junit(
        [Checked(source=name, issues=(bad,), accepted=(Accepted(issue=bad, reason=found),))], found=True
    )
