"""The pages of `docs/` that are made from the code."""

from __future__ import annotations

from collections.abc import Mapping


def pages() -> Mapping[str, str]:
    """File name to text."""
    from conformance.render.reference import issues_page
    from gateway.cli.reference import commands_page
    from gateway.config.reference import settings_page

    return {"commands.md": commands_page(), "issues.md": issues_page(), "settings.md": settings_page()}
