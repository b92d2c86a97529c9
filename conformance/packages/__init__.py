"""FHIR packages, https://hl7.org/fhir/packages.html: read, compiled once to packs, cached by hash, kept side by side.

Nothing is fetched here: a package is a `.tgz` or a folder. What names one as `name@version` finds it in a `Store`, in a
`~/.fhir/packages` layout, or asks a registry (`adapters.package_registry`).
"""

from __future__ import annotations

from conformance.packages.archive import RefusedError, UnreadableError
from conformance.packages.compiling import compiled, missing, pack_of
from conformance.packages.store import Store

__all__ = ["RefusedError", "Store", "UnreadableError", "compiled", "missing", "pack_of"]
