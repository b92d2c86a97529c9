"""A site's settings: one typed `gateway.yaml`, with maps and tables of its own beside it.

`site(...)` is what the rest asks for. Reading a file brings in pydantic; without one nothing heavy is imported.
"""

from __future__ import annotations

from gateway.config.site import Sender, Site, site

__all__ = ["Sender", "Site", "site"]
