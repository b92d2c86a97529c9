"""Small packages, made in memory: good ones and hostile ones."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

SYSTEM = "https://example.org/CodeSystem/colours"
PROFILE = "https://example.org/StructureDefinition/named-patient"


def manifest(name: str = "org.example.guide", version: str = "1.0.0", **more: Any) -> dict[str, Any]:
    return {"name": name, "version": version, "fhirVersions": ["4.0.1"], **more}


def code_system(version: str = "1.0.0", codes: Iterable[str] = ("red", "green")) -> dict[str, Any]:
    return {
        "resourceType": "CodeSystem",
        "url": SYSTEM,
        "version": version,
        "status": "active",
        "content": "complete",
        "concept": [{"code": code, "display": code.title()} for code in codes],
    }


def profile(url: str = PROFILE, version: str = "1.0.0") -> dict[str, Any]:
    """A Patient with a name."""
    return {
        "resourceType": "StructureDefinition",
        "url": url,
        "version": version,
        "name": "NamedPatient",
        "status": "active",
        "fhirVersion": "4.0.1",
        "kind": "resource",
        "abstract": False,
        "type": "Patient",
        "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Patient",
        "derivation": "constraint",
        "differential": {
            "element": [{"id": "Patient", "path": "Patient"}, {"id": "Patient.name", "path": "Patient.name", "min": 1}]
        },
    }


def guide(version: str = "1.0.0", **more: Any) -> dict[str, Any]:
    """Files of a guide with one profile and one code system."""
    return {
        "package.json": manifest(version=version, **more),
        "StructureDefinition-named.json": profile(version=version),
        "CodeSystem-colours.json": code_system(version),
    }


def archived(files: dict[str, Any], extra: Iterable[tarfile.TarInfo] = ()) -> bytes:
    """A `.tgz`; `extra` members have no content."""
    made = io.BytesIO()
    with gzip.GzipFile(fileobj=made, mode="wb", mtime=0) as stream, tarfile.open(fileobj=stream, mode="w") as tar:
        for name, content in files.items():
            raw = content if isinstance(content, bytes) else json.dumps(content).encode()
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(raw)
            tar.addfile(member, io.BytesIO(raw))
        for member in extra:
            tar.addfile(member)
    return made.getvalue()


def written(folder: Path, files: dict[str, Any], name: str = "guide.tgz") -> Path:
    path = folder / name
    path.write_bytes(archived(files))
    return path


def unpacked(folder: Path, files: dict[str, Any]) -> Path:
    """As in `~/.fhir/packages`."""
    about = files["package.json"]
    path = folder / f"{about['name']}#{about['version']}"
    (path / "package").mkdir(parents=True)
    for name, content in files.items():
        (path / "package" / name).write_text(json.dumps(content))
    return path
