"""The HTML report: complete, escaped, and alone: it loads nothing and runs nothing."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.catalogue import issue
from conformance.issue import Issue, Where
from conformance.render.checked import Accepted, Checked
from conformance.render.html import page

SECRET = "Doe^Jane"
BAD = issue("JSON-0004", Where(source="a.json", path="Patient.name[0]", line=3, column=9), found=SECRET)
WARNING = issue("JSON-0003", Where(source="b.json"))
CHECKED = [
    Checked(source="b.json", issues=(WARNING,)),
    Checked(source="a.json", issues=(BAD, WARNING)),
    Checked(source="c.json", accepted=(Accepted(issue=BAD, reason="argued elsewhere"),)),
    Checked(source="d.json"),
]
VOID = {"meta", "br"}


class Page(HTMLParser):
    """Reads a page, keeps its text and its links, and fails where tags don't close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.names: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_tells_counts_codes_places_and_clean_sources() -> None:
    text = Page(page(CHECKED)).text
    assert "4 sources: 1 error, 2 warnings, 1 accepted" in text
    assert "Duplicate property" in text
    assert "line 3, column 9" in text
    assert "argued elsewhere" in text
    assert text.index("a.json") < text.index("b.json")
    assert text.index("Without findings") < text.index("d.json")
    assert "0 sources: no issues" in Page(page([])).text


def test_the_page_loads_and_runs_nothing() -> None:
    made = Page(page(CHECKED))
    assert made.tags.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "form", "base"})
    assert not any(name.startswith("on") for name in made.names)
    assert all(link.startswith(("http://", "https://")) for link in made.links)
    assert "url(" not in page(CHECKED)
    assert "@import" not in page(CHECKED)


def test_a_specification_that_is_no_web_address_is_no_link() -> None:
    odd = Issue(severity="error", code="JSON-0004", message="x", spec="javascript:alert(1)")
    assert "javascript" not in page([Checked(source="a", issues=(odd,))])


def test_what_was_found_is_told_only_when_asked_for() -> None:
    assert SECRET not in page(CHECKED)
    assert SECRET in page(CHECKED, found=True)


@settings(max_examples=40)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"])))
def test_any_text_is_text(nasty: str) -> None:
    bad = issue("JSON-0004", Where(source=nasty, path=nasty), found=nasty)
    for each in (nasty, f"<script>{nasty}</script>", f'"><img src=x onerror="{nasty}">'):
        one = Checked(source=each, issues=(bad,), accepted=(Accepted(issue=bad, reason=each),))
        made = Page(page([one], found=True, title=each))
        assert made.tags.isdisjoint({"script", "img"})
        assert made.text.count(each) >= 2
