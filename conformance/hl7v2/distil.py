"""Makes the data of this package from hl7apy's tables: `python -m conformance.hl7v2.distil [FOLDER]`.

One gzipped JSON file per version: structures in abstract syntax; per segment its fields as [name, type, required,
repeats, table]; per data type its components as [name, type, table, required]; per table its name and codes. The same
input gives the same bytes. hl7apy (MIT, see NOTICE) is a development dependency: nothing imports it at run time.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from conformance.hl7v2.abstract import Node, write
from conformance.hl7v2.additions import amend

DATA = Path(__file__).parent / "data"

VERSIONS = ("2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8", "2.8.1", "2.8.2")
"""The versions that hl7apy has."""

_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}")
"""hl7apy's placeholders for any segment have longer names."""

_UPPER = frozenset(("ID", "IDs", "SSN", "DRG", "VIP", "DEA", "UPIN", "NPI", "HL7", "OID", "URL", "URI", "SID", "HMO"))
"""Words of field names that are abbreviations."""


def distil() -> dict[str, dict[str, Any]]:
    """Everything of each version, amended by our own additions, in a fixed order."""
    versions = {version: _version(version) for version in VERSIONS}
    amend(versions)
    return {version: {key: _sorted(part) for key, part in data.items()} for version, data in versions.items()}


def _sorted(part: Any) -> Any:
    return dict(sorted(part.items())) if isinstance(part, dict) else part


def _version(version: str) -> dict[str, Any]:
    module = f"hl7apy.v{version.replace('.', '_')}"
    groups, segments = _named(module, "groups"), _named(module, "segments")
    return {
        "version": version,
        "structures": {
            name: write(_node(name, entry, groups, name)) for name, entry in _named(module, "messages").items()
        },
        "segments": {name: _fields(name, entry) for name, entry in segments.items() if _SEGMENT.fullmatch(name)},
        "types": _types(_named(module, "datatypes", "DATATYPES_STRUCTS")),
        "tables": {name[3:]: _table(entry) for name, entry in _named(module, "tables").items()},
    }


def _named(module: str, name: str, constant: str = "") -> dict[str, Any]:
    """hl7apy's table of that name; versions before 2.3.1 have no tables of codes."""
    try:
        return dict(getattr(import_module(f"{module}.{name}"), constant or name.upper()))
    except ModuleNotFoundError:
        return {}


def _node(name: str, entry: Any, groups: dict[str, Any], top: str) -> Node:
    members = []
    for child in entry[1]:
        label, inner, (least, most), kind = child[:4]
        if kind == "GRP":
            node = _node(label.removeprefix(f"{top}_"), inner or groups[label], groups, top)
        else:
            node = Node(label)
        members.append(Node(node.name, least > 0, most != 1, node.members, node.choice))
    return Node(name, members=tuple(members), choice=entry[0] == "choice")


def _fields(name: str, entry: Any) -> list[list[Any]]:
    """Fields in order; a gap in hl7apy's numbers is a field without a name."""
    fields: list[list[Any]] = []
    rows = entry[1] if len(entry) > 1 else ()
    if rows and isinstance(rows[0], str):  # hl7apy lost the brackets around the only field of ORO (v2.1)
        rows = (rows,)
    for label, definition, (least, most), _kind in rows:
        number = int(label.rpartition("_")[2])
        fields += [["", "", False, False, ""]] * (number - 1 - len(fields))
        fields.append([_title(definition[3], name), definition[2], least > 0, most != 1, _number(definition[4])])
    return fields


def _types(structs: dict[str, Any]) -> dict[str, list[list[Any]]]:
    return {
        name: [
            [_title(part[3]), part[2], _number(part[4]), least > 0]
            for _label, part, (least, _most), _kind in components
        ]
        for name, components in structs.items()
    }


def _table(entry: Any) -> list[Any]:
    name, codes = entry[0], entry[1]
    return [str(name), [str(code) for code in codes]]


def _number(table: str | None) -> str:
    return table[3:] if table else ""


def _title(name: str | None, segment: str = "") -> str:
    """`MOTHER_S_MAIDEN_NAME` -> `Mother's Maiden Name`."""
    words = [word for word in re.split(r"[_\s]+", name or "") if word]
    said = " ".join(word if word in _UPPER or word == segment else word.capitalize() for word in words)
    said = re.sub(r"(?<=.) (Of|To|And|Or|For|The|In|On|At|By|With) (?=.)", lambda match: match[0].lower(), said)
    return said.replace(" S ", "'s ").replace("Date Time", "Date/Time")


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for version, data in distil().items():
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        (folder / f"{version}.json.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA)
