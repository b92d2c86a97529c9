"""The C-CDA codec: bytes to a tree of the document's elements and back, byte-exact where nothing was changed."""

from __future__ import annotations

from adapters.formats.ccda.codec import Ccda

FORMAT = Ccda()

__all__ = ["FORMAT", "Ccda"]
