"""Issues as JUnit XML, for build servers: one test case a source, which fails from a severity on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from conformance.issue import Issue, Severity, at_least
from conformance.render.checked import Checked, all_issues
from conformance.render.table import summary, table

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 can't hold, section 2.2."""


def junit(checked: Iterable[Checked], *, found: bool = False, fail_on: Severity = "error") -> str:
    """The document; issues below `fail_on` stand in `system-out`, as do those that a baseline accepts."""
    checked = list(checked)
    bad = at_least(fail_on)
    failing = sum(any(one.severity in bad for one in each.issues) for each in checked)
    counts = f'tests="{len(checked)}" failures="{failing}" errors="0" skipped="0" time="0"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="sdoh-gateway" {counts}>',
        f'<testsuite name="validate" {counts}>',
        *(line for each in checked for line in _case(each, bad, found)),
        f"<system-err>{_text(summary(list(all_issues(checked))))}</system-err>",
        "</testsuite>",
        "</testsuites>",
    ]
    return "\n".join(lines) + "\n"


def _case(one: Checked, bad: frozenset[Severity], found: bool) -> Iterator[str]:
    failures = [issue for issue in one.issues if issue.severity in bad]
    others = [issue for issue in one.issues if issue.severity not in bad]
    yield f'<testcase classname="validate" name={_attribute(one.source)} time="0">'
    if failures:
        yield _failure(failures, found)
    passed = table(others, found=found) + "".join(
        f"accepted  {each.issue.code}  {each.issue.at}  {each.reason}\n" for each in one.accepted
    )
    if passed:
        yield f"<system-out>{_text(passed)}</system-out>"
    yield "</testcase>"


def _failure(issues: Sequence[Issue], found: bool) -> str:
    codes = ", ".join(dict.fromkeys(one.code for one in issues))
    return (
        f"<failure type={_attribute(codes)} message={_attribute(summary(issues))}>"
        f"{_text(table(issues, found=found))}</failure>"
    )


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text))


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("\ufffd", text))
