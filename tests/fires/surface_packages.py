"""Calls that fire the codes of the areas PKG and MOD, and those of the process that answers line by line."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from conformance.catalogue import codes
from conformance.fhir_models import refusals
from conformance.issue import Issue
from conformance.packages import compiled, missing
from conformance.terminology.added import read
from gateway.cli import stdio
from tests.adapters.test_package_registry import NAME, registry
from tests.conformance.packages.making import archived, guide, manifest


def _package(files: dict[str, Any], *extra: tarfile.TarInfo) -> Callable[[], Iterable[Issue]]:
    def fire() -> Iterable[Issue]:
        with TemporaryDirectory() as folder:
            path = Path(folder, "a.tgz")
            path.write_bytes(archived(files, extra))
            result = compiled(path, Path(folder))
            return [*result.issues, *(missing(result.value, []) if result.value else ())]

    return fire


def _fetched(listing: bytes) -> Callable[[], Iterable[Issue]]:
    def fire() -> Iterable[Issue]:
        from adapters.package_registry import PackageRegistry

        with registry({f"/fhir/{NAME}": (200, listing), f"/fhir/{NAME}/1.0.0": (200, b"x")}) as (url, _):
            return PackageRegistry(url=url).fetch(NAME, "1.0.0").issues

    return fire


def _promised(shasum: str) -> bytes:
    return json.dumps({"versions": {"1.0.0": {"dist": {"shasum": shasum}}}}).encode()


def _expansion() -> Iterable[Issue]:
    expansion = {"total": 9, "contains": [{"system": "urn:x:y", "code": "a"}]}
    part = {"resourceType": "ValueSet", "url": "https://example.org/a", "expansion": expansion}
    return read(json.dumps(part).encode(), "a.json").issues


def _answered(line: bytes, broken: bool = False) -> Callable[[], Iterable[Issue]]:
    def fire() -> Iterable[Issue]:
        with patch.object(stdio, "request", side_effect=RuntimeError) if broken else patch.object(stdio, "LONGEST", 99):
            (told,) = json.loads(stdio.Server().answer(line))["issue"]
        name = told["details"]["coding"][0]["code"]
        (row,) = [row for row in codes() if row.code == name]
        return [Issue(severity=row.severity, code=name, message=told["details"]["text"])]

    return fire


FIRES: dict[str, Callable[[], Iterable[Issue]]] = {
    "PKG-0001": _package({}),
    "PKG-0002": _package(guide(), tarfile.TarInfo("../a")),
    "PKG-0003": _package({"package.json": manifest(dependencies={"org.example.absent": "1.0.0"})}),
    "PKG-0004": _package(guide() | {"a.json": b"{"}),
    "PKG-0005": _package({"package.json": manifest(fhirVersions=["5.0.0"])}),
    "PKG-0006": _fetched(b"{}"),
    "PKG-0007": _fetched(_promised("0" * 40)),
    "PKG-0101": lambda: read(b"nothing", "a.csv").issues,
    "PKG-0102": lambda: read(b"Code,Code System OID\n,1.2.3\nA,1.2.3\n", "a.csv").issues,
    "PKG-0103": lambda: read(b"Value Set OID,Code,Code System OID\n1.2.3,A,1.2.3\n", "a.csv").issues,
    "PKG-0104": _expansion,
    "MOD-0001": lambda: refusals({"resourceType": "Patient", "gender": 1}),
    "MOD-0002": lambda: refusals({"resourceType": "EffectEvidenceSynthesis"}),
    "IO-0008": _answered(b"{"),
    "IO-0009": _answered(b"{}", broken=True),
}
