"""FHIR's side of the map compiler: scopes that read and write JSON trees, and the ledger's view of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from adapters.formats.fhir import walk, withdraw
from adapters.formats.fhir.read_scope import FhirRead
from adapters.formats.fhir.write_scope import FhirWrite
from conformance.definitions import r4
from conformance.document import Document
from conformance.issue import Where
from conformance.syntax import Code, Leaf, PathError, Value


class FhirSyntax:
    """FHIR's paths for the map compiler (`conformance.syntax.Syntax`)."""

    name = "fhir"
    variants: tuple[str, ...] = ("plain",)
    runtime: ClassVar[Mapping[str, Any]] = {
        "get": walk.get,
        "every": walk.every,
        "text": walk.text,
        "same": walk.same,
        "add": walk.add,
        "absent": walk.absent,
        "original": walk.original,
        "member": walk.member,
        "merge": walk.merge,
        "copied": walk.copied,
        "withdrawn": withdraw.withdrawn,
        "updated": withdraw.updated,
    }
    claims = True
    references = True
    has_contexts = False
    tree = True
    writes = True
    resources = staticmethod(walk.resources)
    index = staticmethod(walk.index)

    def is_context(self, path: str) -> bool:
        return False

    def item_reader(self, scope: FhirRead, value: Value) -> FhirRead:
        return FhirRead(scope.code, value.var, "", scope, exact=True)

    def resource(self, code: Code, var: str, kind: str, parent: FhirWrite) -> FhirWrite:
        """A resource that is being made."""
        if not r4.is_resource(kind):
            raise PathError(f"`{kind}` is no resource type")
        return FhirWrite(code, var, kind, code.hold(), parent, base=2)

    def start(self, root: str) -> dict[str, Any]:
        return {"resourceType": root}

    def finish(self, target: dict[str, Any], run: Any) -> Document:
        """The Bundle with what the run made as its entries."""
        for url, gone in run.fates.items():
            if gone and url in run.made:
                withdraw.withdraw(run.own(run.made[url]["resourceType"], url))
        if run.made:
            lent = run.lent  # what the memory lent is of one mention
            target["entry"] = [
                {"fullUrl": url, "resource": each if url in lent else walk.unrepeated(each)}
                for url, each in run.made.items()
            ]
        return Document(format="fhir", version="4.0.1", root=target)

    def origin(self, root: Any) -> tuple[str, list[str]]:
        """What identifies a document among those of its sender, and the sender's facility (not known here)."""
        identifier = root.get("identifier") if type(root) is dict else None
        value = identifier.get("value") if type(identifier) is dict else None
        name = value if type(value) is str else str(root.get("id", "")) if type(root) is dict else ""
        return name, []

    def variant(self, root: Any) -> str:
        return "plain"

    def reader(self, code: Code, var: str, inside: str, variant: str) -> FhirRead:
        return FhirRead(code, var, inside)

    def part_reader(self, code: Code, var: str, level: str, inside: str, variant: str) -> FhirRead:
        return FhirRead(code, var, inside, exact=True)

    def writer(self, code: Code, var: str, inside: str) -> FhirWrite:
        return FhirWrite(code, var, inside, code.hold())

    def part_writer(self, code: Code, var: str, inside: str) -> FhirWrite:
        return FhirWrite(code, var, inside, code.hold())

    # ---- the ledger ------------------------------------------------------------------------------------------

    def leaves(self, root: Any) -> Iterator[Leaf]:
        """Primitive values; a key is the chain of (name, object id, index, an extension's URL) from the resource
        (or the Bundle) down."""
        if type(root) is dict and root.get("resourceType") == "Bundle":
            outer = {name: value for name, value in root.items() if name not in ("entry", "resourceType")}
            yield from _leaves(outer, "Bundle", (("Bundle", id(root), 0, ""),))
            entries = root.get("entry")
            for number, entry in enumerate(entries if type(entries) is list else ()):
                resource = entry.get("resource") if type(entry) is dict else None
                if type(resource) is dict:
                    yield from self._resource(resource, f"Bundle.entry[{number}].resource")
        elif type(root) is dict:
            yield from self._resource(root, str(root.get("resourceType")))

    def _resource(self, resource: dict[str, Any], path: str) -> Iterator[Leaf]:
        inner = {name: value for name, value in resource.items() if name not in ("resourceType", "id")}
        yield from _leaves(inner, path, ((str(resource.get("resourceType")), id(resource), 0, ""),))

    def covers(self, where: tuple[Any, ...], key: tuple[Any, ...], full: tuple[Any, ...]) -> tuple[Any, ...] | None:
        kind, steps, _ = where
        if kind:
            if full[0][0] != kind:
                return None
            key = full[1:]
        return _below(steps, key)

    def pattern(self, leaf: Leaf) -> str:
        """The path from its resource type on, without indexes: `Patient.name.family`."""
        return ".".join(step[0].lstrip("_") for step in leaf.key)

    def nulls(self, root: Any) -> list[str]:
        return []

    def once(self, where: tuple[Any, ...], full: tuple[Any, ...]) -> bool:
        return False

    def shape(self, full: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple((name, number, url) for name, _, number, url in full)

    def holders(self, full: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        """The Bundle, the resource and the elements, by object id."""
        yield ()
        for _, each, _, _ in full:
            if each:
                yield (each,)

    def spread(self, at: tuple[Any, ...]) -> tuple[tuple[Any, ...], ...]:
        return (at,)

    def anchor(self, where: tuple[Any, ...]) -> tuple[str, str] | None:
        kind, steps, _ = where
        return (kind, steps[0][0] if steps else "") if kind else None

    def anchors(self, full: tuple[Any, ...]) -> tuple[tuple[str, str], ...]:
        kind = full[0][0]
        return ((kind, ""), (kind, full[1][0])) if len(full) > 1 else ((kind, ""),)

    def afar(self, where: tuple[Any, ...]) -> bool:
        return bool(where[2])

    def locator(self, root: Any) -> Callable[[tuple[Any, ...], str], Where]:
        known: dict[int, str] = {}

        def found(at: tuple[Any, ...], path: str) -> Where:
            if not known:
                known[0] = ""
                for leaf in self.leaves(root):
                    _spots(leaf, known)
            parts = (known.get(at[0], ""), path if path != "." else "") if at else ()
            return Where(path=".".join(part for part in parts if part))

        return found


def _spots(leaf: Leaf, known: dict[int, str]) -> None:
    """Adds the paths of the objects that hold a leaf."""
    path = leaf.path
    for _, each, _, _ in reversed(leaf.key):
        if each:
            if each in known:
                return
            known[each] = path
        path = path.rpartition(".")[0]


def _below(steps: tuple[tuple[str, int, str], ...], key: tuple[Any, ...]) -> tuple[Any, ...] | None:
    if len(steps) > len(key):
        return None
    for (name, index, url), (has, _object, number, its) in zip(steps, key, strict=False):
        if name != has or (url and its != url) or (index and not url and number not in (0, index)):
            return None
    return key[len(steps) :]


def _leaves(node: dict[str, Any], path: str, key: tuple[Any, ...]) -> Iterator[Leaf]:
    for name, value in node.items():
        many = type(value) is list
        for number, item in enumerate(value if many else (value,)):
            below = f"{path}.{name}[{number}]" if many else f"{path}.{name}"
            inner = type(item) is dict
            url = item.get("url", "") if inner else ""
            step = (name, id(item) if inner else 0, number + 1 if many else 0, url if type(url) is str else "")
            if type(item) is dict:
                yield from _leaves(item, below, (*key, step))
            elif item is not None:
                yield Leaf((*key, step), below, item)


SYNTAX = FhirSyntax()
