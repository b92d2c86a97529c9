"""Small maps for tests: written, compiled and run without the cache, and what is asked of the outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.formats.fhir import FORMAT as FHIR
from adapters.formats.fhir.syntax import SYNTAX as FHIR_SYNTAX
from adapters.formats.hl7v2 import FORMAT as HL7V2
from adapters.formats.hl7v2.syntax import SYNTAX as V2_SYNTAX
from conformance.document import Document
from conformance.issue import Issue
from mappings.catalog import Catalog
from mappings.compiler import compile_map
from mappings.conversions import REGISTRY
from mappings.convert import Conversion, Converter
from mappings.form import Map
from mappings.run import Settings

SYNTAXES: dict[str, Any] = {"v2": V2_SYNTAX, "fhir": FHIR_SYNTAX}
CODECS: dict[str, Any] = {"v2": HL7V2, "fhir": FHIR}

HEAD = "map: small\nbetween: {v2: [ADT_A01, ADT_A03], fhir: Bundle}\n"
MSH = "MSH|^~\\&|APP|HOSP|HUB|HIE|20240317140500-0500||ADT^A01^ADT_A01|{control}|P|2.5.1"


def adt(*segments: str, control: str = "C1") -> Document:
    """A parsed ADT of these segments behind an MSH."""
    raw = "\r".join([MSH.replace("{control}", control), *segments]).encode()
    document = HL7V2.parse(raw).value
    assert document is not None
    return document


def seg(name: str, fields: dict[int, str]) -> str:
    """A segment by its fields' numbers."""
    return "|".join([name, *(fields.get(number, "") for number in range(1, max(fields, default=0) + 1))])


def bundle(*resources: dict[str, Any], **members: Any) -> Document:
    """A Bundle of resources; one with an id has `urn:uuid:` and it as its URL."""
    entries = [
        {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource} if "id" in resource else {"resource": resource}
        for resource in resources
    ]
    root = {"resourceType": "Bundle", **members, "entry": entries}
    return Document(format="fhir", version="4.0.1", root=root)


@dataclass
class Small:
    """A folder with one map (and what it uses), compiled when asked."""

    folder: Path
    id: str = "small"
    issues: tuple[Issue, ...] = ()
    _converters: dict[tuple[str, str], Converter] = field(default_factory=dict)

    def linked(self) -> Map:
        linked, self.issues = Catalog(shipped=self.folder).link(self.id)
        return linked

    def converter(self, read: str, write: str) -> Converter:
        """The converter of one direction; a map of a test has no findings."""
        if (read, write) not in self._converters:
            linked = self.linked()
            sides = {side: SYNTAXES[side.partition("-")[0]] for side in (read, write)}
            compiled, found = compile_map(linked, read, write, sides, REGISTRY)
            assert (*self.issues, *found) == ()
            root = linked.roots[write][0]
            self._converters[read, write] = Converter(self.id, sides[read], sides[write], root, compiled, REGISTRY)
        return self._converters[read, write]

    def forward(self, *segments: str, **settings: Any) -> Conversion:
        """An ADT of these segments as FHIR."""
        return self.converter("v2", "fhir")(adt(*segments), Settings(**settings))

    def back(self, document: Document | None, **settings: Any) -> Conversion:
        """A Bundle as HL7 v2."""
        assert document is not None
        return self.converter("fhir", "v2")(document, Settings(**settings))

    def there_and_back(self, *segments: str) -> list[str]:
        """The segments that come back, without MSH."""
        return lines(self.back(self.forward(*segments).document))


def write(folder: Path, text: str, name: str = "small.yaml", head: str = HEAD) -> Small:
    """A map from its rules; `head` is empty for text that has one."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(head + text, encoding="utf-8")
    return Small(folder)


def lines(made: Conversion) -> list[str]:
    """The segments of a message that was made, without MSH and without the set ids that the writer gives."""
    assert made.document is not None
    raw: bytes = made.document.root.raw
    segments = [line.split("|") for line in raw.decode().rstrip("\r").split("\r")[1:]]
    return ["|".join([name, "" if first.isdigit() else first, *rest]) for name, first, *rest in segments]


def resources(made: Conversion, kind: str = "") -> list[dict[str, Any]]:
    """The resources that were made, of one type or all."""
    assert made.document is not None
    found = [entry["resource"] for entry in made.document.root.get("entry", ())]
    return [each for each in found if not kind or each["resourceType"] == kind]


def content(made: Conversion, kind: str) -> dict[str, Any]:
    """The one resource of a type, without its type and id."""
    (resource,) = resources(made, kind)
    return {name: value for name, value in resource.items() if name not in ("resourceType", "id")}


def url(made: Conversion, kind: str, place: int = 0) -> dict[str, str]:
    """The Reference to a resource that was made."""
    assert made.document is not None
    found = [entry for entry in made.document.root["entry"] if entry["resource"]["resourceType"] == kind]
    return {"reference": found[place]["fullUrl"]}


def codes(made: Conversion) -> list[str]:
    return [issue.code for issue in made.issues]


def statuses(made: Conversion) -> dict[str, str]:
    """Ledger: path -> status, MSH left out."""
    return {row.path: row.status for row in made.ledger.rows() if not row.path.startswith(("MSH", "Bundle.type"))}
