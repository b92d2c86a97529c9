"""The HL7 v2 codec (ER7): bytes to a lazy message and back, byte-exact."""

from __future__ import annotations

from adapters.formats.hl7v2.codec import Hl7v2

FORMAT = Hl7v2()

__all__ = ["FORMAT", "Hl7v2"]
