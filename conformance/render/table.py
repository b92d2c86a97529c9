"""Issues as text for people: one line each, in columns, worst first where asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from conformance.issue import SEVERITIES, Issue

HEAD = ("severity", "code", "where", "message")


def rows(issues: Iterable[Issue], *, found: bool = False) -> list[tuple[str, ...]]:
    """The cells of each issue; what was found is added to the message only when asked for."""
    return [(one.severity, one.code, str(one.at), _message(one) if found else one.message) for one in issues]


def table(issues: Iterable[Issue], *, found: bool = False) -> str:
    """Plain aligned text without a heading, for pipes and logs; empty when there are none."""
    return aligned(rows(issues, found=found))


def aligned(cells: Sequence[Sequence[str]]) -> str:
    """Rows of cells as text whose columns begin at the same place; the last one isn't padded."""
    if not cells:
        return ""
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]) - 1)]
    lines = (
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]) for row in cells
    )
    return "".join(f"{line.rstrip()}\n" for line in lines)


def summary(issues: Sequence[Issue]) -> str:
    """`2 errors, 1 warning`, or `no issues`."""
    counts = {severity: sum(one.severity == severity for one in issues) for severity in SEVERITIES}
    words = [
        f"{count} {severity if severity == 'information' or count == 1 else severity + 's'}"
        for severity, count in counts.items()
        if count
    ]
    return ", ".join(words) or "no issues"


def _message(one: Issue) -> str:
    return one.message if one.found is None else f"{one.message}; found {one.found!r}"
