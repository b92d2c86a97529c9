"""How one format becomes another: the map YAML (docs/maps.md), its compiler, and the maps that ship."""

from __future__ import annotations

from mappings.catalog import Catalog
from mappings.convert import Conversion, Converter
from mappings.ledger import Ledger, Row
from mappings.run import Settings

__all__ = ["Catalog", "Conversion", "Converter", "Ledger", "Row", "Settings"]
