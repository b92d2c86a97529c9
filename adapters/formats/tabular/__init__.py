"""The tabular codec: exports of other people's tools as tables of rows with canonical columns, and back."""

from __future__ import annotations

from adapters.formats.tabular.codec import Tabular

FORMAT = Tabular()

parse = FORMAT.read

__all__ = ["FORMAT", "Tabular", "parse"]
