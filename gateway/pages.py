"""The pages of `docs/` that are made from the code."""

from __future__ import annotations

from collections.abc import Mapping


def pages() -> Mapping[str, str]:
    """File name to text."""
    from conformance.render.reference import issues_page

    return {"issues.md": issues_page()}
