"""Issues as one HTML page that needs nothing else: no script, no font, no picture from anywhere; made to be printed.

The page forbids itself to load anything (Content-Security-Policy), and every text is escaped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from conformance.catalogue import Code
from conformance.issue import SEVERITIES, Issue
from conformance.render.checked import Accepted, Checked, all_issues, codes_of
from conformance.render.table import summary

_STYLE = """
:root {
  color-scheme: light;
  --line: #d5d9de; --soft: #5b6570; --error: #a4161a; --warning: #8a5300; --information: #0b5c8a;
}
* { box-sizing: border-box; }
body {
  font: 15px/1.45 system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  color: #1c2126; background: #fff; margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 78rem;
}
h1 { font-size: 1.6rem; margin: 0 0 .25rem; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.6rem 0 .4rem; overflow-wrap: anywhere; }
p { margin: .3rem 0; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid var(--line); }
th { font-size: .8rem; color: var(--soft); font-weight: 600; }
td { overflow-wrap: anywhere; }
code { font: .87em/1.4 ui-monospace, "SFMono-Regular", Consolas, monospace; }
a { color: inherit; }
.severity { white-space: nowrap; font-weight: 600; width: 7rem; }
.code { white-space: nowrap; width: 7rem; }
.place { width: 30%; }
.number { text-align: right; width: 5rem; font-variant-numeric: tabular-nums; }
.soft { color: var(--soft); }
.fatal, .error { color: var(--error); }
.warning { color: var(--warning); }
.information { color: var(--information); }
.found { display: block; margin-top: .2rem; color: var(--soft); }
.clean { columns: 2; padding-left: 1.2rem; }
.clean li { overflow-wrap: anywhere; }
@page { margin: 1.6cm; }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  tr, h3 { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  thead { display: table-header-group; }
}
"""


def page(checked: Iterable[Checked], *, found: bool = False, title: str = "Validation report") -> str:
    """The page: what there is in short, then each code with its reason, then source by source, worst first."""
    checked = list(checked)
    body = (*_head(checked, title), *_codes(checked), *_sources(checked, found), *_clean(checked))
    return "\n".join((*_before(title), *body, "</body>", "</html>", ""))


def _before(title: str) -> Iterator[str]:
    yield "<!DOCTYPE html>"
    yield '<html lang="en">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    yield '<meta name="referrer" content="no-referrer">'
    yield f"<title>{escape(title)}</title>"
    yield f"<style>{_STYLE}</style>"
    yield "</head>"
    yield "<body>"


def _head(checked: Sequence[Checked], title: str) -> Iterator[str]:
    issues = list(all_issues(checked))
    accepted = sum(len(one.accepted) for one in checked)
    sources = f"{len(checked)} source{'' if len(checked) == 1 else 's'}"
    yield f"<h1>{escape(title)}</h1>"
    yield f"<p>{sources}: {summary(issues)}{f', {accepted} accepted' if accepted else ''}</p>"


def _codes(checked: Sequence[Checked]) -> Iterator[str]:
    issues = list(all_issues(checked))
    if not issues:
        return
    counts = Counter(one.code for one in issues)
    rows = sorted(codes_of(issues), key=lambda row: (SEVERITIES.index(row.severity), -counts[row.code], row.code))
    yield "<h2>What was found</h2>"
    yield '<table><thead><tr><th>Code</th><th class="number">Times</th><th>Meaning</th></tr></thead><tbody>'
    yield from (_code(row, counts[row.code]) for row in rows)
    yield "</tbody></table>"


def _code(row: Code, count: int) -> str:
    return (
        f'<tr><td class="code {row.severity}"><strong>{_link(row.code, row.spec)}</strong></td>'
        f'<td class="number">{count}</td>'
        f'<td><strong>{escape(row.title)}</strong><br><span class="soft">{escape(row.why)}</span></td></tr>'
    )


def _link(text: str, spec: str) -> str:
    """Only addresses of the web become links."""
    if not spec.startswith(("http://", "https://")):
        return escape(text)
    return f'<a href="{escape(spec)}" rel="noreferrer">{escape(text)}</a>'


_COLUMNS = '<thead><tr><th>Severity</th><th>Code</th><th class="place">Place</th><th>Problem</th></tr></thead>'


def _sources(checked: Sequence[Checked], found: bool) -> Iterator[str]:
    faulty = [one for one in checked if one.issues or one.accepted]
    if not faulty:
        return
    yield "<h2>Where</h2>"
    for one in sorted(faulty, key=_badness):
        yield f"<section><h3>{escape(one.source)}</h3>"
        yield f"<table>{_COLUMNS}"
        yield "<tbody>"
        yield from (_row(issue, found) for issue in one.issues)
        yield from (_accepted(each, found) for each in one.accepted)
        yield "</tbody></table></section>"


def _badness(one: Checked) -> tuple[int, ...]:
    """Most fatal issues first, then most errors and so on; equal ones stay in their order."""
    return tuple(-sum(issue.severity == severity for issue in one.issues) for severity in SEVERITIES)


def _row(one: Issue, found: bool, word: str = "", more: str = "") -> str:
    text = escape(one.message) + more
    if found and one.found is not None:
        text += f'<span class="found">found <code>{escape(one.found)}</code></span>'
    kind = "soft" if word else one.severity
    return (
        f'<tr><td class="severity {kind}">{word or one.severity}</td>'
        f'<td class="code"><code>{_link(one.code, one.spec)}</code></td>'
        f'<td class="place">{_place(one)}</td><td>{text}</td></tr>'
    )


def _accepted(one: Accepted, found: bool) -> str:
    return _row(one.issue, found, "accepted", f'<br><span class="soft">{escape(one.reason)}</span>')


def _place(one: Issue) -> str:
    position = (
        "" if one.at.line is None else f"line {one.at.line}" + (f", column {one.at.column}" if one.at.column else "")
    )
    path = f"<code>{escape(one.at.path)}</code>" if one.at.path else ""
    return "<br>".join(part for part in (path, f'<span class="soft">{position}</span>' if position else "") if part)


def _clean(checked: Sequence[Checked]) -> Iterator[str]:
    clean = [one.source for one in checked if not one.issues and not one.accepted]
    if clean:
        yield f'<h2>Without findings</h2><ul class="clean">{"".join(f"<li>{escape(name)}</li>" for name in clean)}</ul>'
