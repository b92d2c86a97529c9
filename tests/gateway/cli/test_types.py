"""Large sets as NDJSON: what shares know of one thing is put together, and is what the whole would be."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from gateway.cli.convert import _json
from gateway.cli.types import Types


def services(folder: Path, count: int = 60) -> Path:
    rows = range(count)
    files = {
        "organizations.csv": ["id,name,description,email", *(f"O{n},Hub {n},Meals,o{n}@hub.example" for n in rows)],
        "locations.csv": [
            "id,location_type,organization_id,name,latitude,longitude",
            *(f"L{n},physical,O{n % 9},Hall {n},42.50{n},-71.10" for n in rows),
        ],
        "services.csv": [
            "id,organization_id,name,description,status,program_id",
            *(f"S{n},O{n % 9},Meals {n},Warm,active,G1" for n in rows),
        ],
        "service_at_location.csv": ["id,service_id,location_id", *(f"A{n},S{n},L{n * 7 % count}" for n in rows)],
        "phones.csv": [
            "id,service_id,location_id,number",
            *(f"T{n},S{n},,315-555-{n:04}" for n in rows),
            "T99,,L1,315-555-9999",
        ],
        "addresses.csv": [
            "id,location_id,address_1,city,state_province,postal_code,country",
            *(f"D{n},L{n},{n} Elm,Utica,NY,13501,US" for n in rows),
        ],
        "programs.csv": ["id,organization_id,name", "G1,O1,Meals on wheels"],
    }
    for name, lines in files.items():
        (folder / name).write_text("\n".join(lines))
    return folder


def sorted_lists(value: Any) -> Any:
    if isinstance(value, list):
        return sorted((sorted_lists(each) for each in value), key=lambda each: json.dumps(each, sort_keys=True))
    return {key: sorted_lists(each) for key, each in value.items()} if isinstance(value, dict) else value


def test_shares_of_a_directory_are_the_whole(tmp_path: Path) -> None:
    from adapters.formats.tabular.dataset import opened
    from adapters.formats.tabular.shares import shares
    from conformance.document import Document
    from gateway import convert
    from gateway.config import Site
    from gateway.conversion import convert as convert_document
    from gateway.targets import target

    source = services(tmp_path)
    whole = {entry["resource"]["id"]: entry["resource"] for entry in convert(source, to="fhir").value["entry"]}
    types = Types(tmp_path / "out", partial(_json, indent=False))
    reading = opened(source)
    for share in shares(reading, lambda one: None, lambda one: None, size=900):
        document = Document(format="csv", version=reading.kind, root=share)
        made = convert_document(document, target("fhir"), Site()).document
        assert made is not None
        for entry in made.root["entry"]:
            types.add(entry["resource"])
    types.end()
    files = sorted((tmp_path / "out").iterdir())
    assert [file.name for file in files] == [
        "HealthcareService.ndjson", "Location.ndjson", "Organization.ndjson", "QuestionnaireResponse.ndjson",
    ]  # fmt: skip
    lines = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert len(lines) == types.count == len(whole)
    for each in lines:
        expected = json.loads(_json(whole[each["id"]], indent=False))
        assert sorted_lists(each) == sorted_lists(expected)


def test_digits_of_numbers_stay(tmp_path: Path) -> None:
    types = Types(tmp_path, partial(_json, indent=False))

    types.add(
        {
            "resourceType": "Location",
            "id": "1",
            "position": {"latitude": Decimal("42.500"), "longitude": Decimal("1.0")},
        }
    )
    types.end()
    assert '"latitude":42.500' in (tmp_path / "Location.ndjson").read_text().replace(" ", "")
