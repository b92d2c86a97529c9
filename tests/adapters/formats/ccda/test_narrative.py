"""Narrative blocks as text and as XHTML."""

from __future__ import annotations

import pytest

from adapters.formats.ccda.narrative import plain, xhtml
from conformance.xml import parse

NARRATIVES = [
    ("Only text &amp; more", "Only text & more", "Only text &amp; more"),
    ("<paragraph>A</paragraph><paragraph>B</paragraph>", "A B", "<p>A</p><p>B</p>"),
    (
        '<table border="1"><caption>C</caption><tbody><tr><td colspan="2" onclick="x()">1</td></tr></tbody></table>',
        "C 1",
        '<table><caption>C</caption><tbody><tr><td colspan="2">1</td></tr></tbody></table>',
    ),
    ('<list listType="ordered"><item>1</item></list>', "1", "<ol><li>1</li></ol>"),
    ('<content ID="x" styleCode="Bold">B</content>', "B", '<span id="x"><b>B</b></span>'),
    ('<linkHtml href="javascript:x()">go</linkHtml>', "go", "<a>go</a>"),
    ('<linkHtml href="https://a.org/?a=1&amp;b=2">go</linkHtml>', "go", '<a href="https://a.org/?a=1&amp;b=2">go</a>'),
    ('<linkHtml href="https://a.org/b c{d}">go</linkHtml>', "go", '<a href="https://a.org/b%20c%7Bd%7D">go</a>'),
    (
        '<paragraph ID="p">A<list><item>1</item></list></paragraph><paragraph>B<content>C</content></paragraph>',
        "A 1 BC",
        '<div id="p">A<ul><li>1</li></ul></div><p>B<span>C</span></p>',
    ),
    (
        "<paragraph><content><table><tr><td>1</td></tr></table></content></paragraph>",
        "1",
        "<div><span><table><tr><td>1</td></tr></table></span></div>",
    ),
    ("<script>alert(1)</script>", "alert(1)", "<span>alert(1)</span>"),
    ("a<br/>b<!-- c -->c", "a bc", "a<br/>bc"),
]


@pytest.mark.parametrize(("source", "text", "markup"), NARRATIVES)
def test_narratives(source: str, text: str, markup: str) -> None:
    element = parse(f'<text xmlns="urn:hl7-org:v3">{source}</text>'.encode()).value
    assert element is not None
    assert plain(element) == text
    made = xhtml(element, [])
    assert made == f'<div xmlns="http://www.w3.org/1999/xhtml">{markup}</div>'
    assert parse(made.encode()).value is not None


def test_nothing_is_no_narrative() -> None:
    element = parse(b'<text xmlns="urn:hl7-org:v3"> <paragraph/> </text>').value
    assert element is not None
    assert xhtml(element, []) == ""
