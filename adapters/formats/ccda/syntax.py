"""C-CDA's side of the map compiler: scopes that read a document's nodes, and the ledger's view of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from adapters.formats.ccda import finders, walk
from adapters.formats.ccda.paths import ATTRIBUTE, CHILD, FUNCTION, INDEX, OUTWARD, PARENT, ROOT, Step, parse
from adapters.formats.ccda.places import where as place_of
from adapters.formats.ccda.tree import ENTRY_REFERENCE, Node, Tree
from adapters.formats.ccda.writing import CcdaWrite
from conformance.document import Document
from conformance.issue import Where
from conformance.syntax import Code, Leaf, PathError, Value

TEXT = "#"
"""The last step of a leaf that is an element's text."""


@dataclass(slots=True)
class CcdaRead:
    """Reads from a node."""

    code: Code
    var: str
    parent: CcdaRead | None = None
    place: str = ""
    """The variable that holds where the node is, in a part."""

    @property
    def at(self) -> str:
        return self.place or f"(id({self.var}),)"

    def leaf(self, path: str, *, listed: bool = False) -> Value:
        """A text: an attribute's, or an element's own or referred text."""
        del listed
        var = self.code.new("v")
        steps = parse(path)
        if len(steps) == 1 and steps[0][0] == ATTRIBUTE:
            self.code.add(f"{var} = {self.var}.attributes.get({steps[0][1]!r})")
        else:
            self.code.add(f"{var} = {self._text(steps)}")
        return Value(var, var, self.at)

    def _text(self, steps: tuple[Step, ...]) -> str:
        """An expression for the first text at a path."""
        told = str if finders.is_text(steps) else "text({})".format
        return finders.first(self.code, self.var, steps, told)

    def node(self, path: str) -> Value:
        if path == ".":
            return Value(self.var, f"{self.var} is not None", self.at, "element")
        var = self.code.new("v")
        self.code.add(f"{var} = {finders.first(self.code, self.var, parse(path))}")
        return Value(var, f"{var} is not None", f"(id({var}),)", "element")

    @contextmanager
    def items(self, path: str) -> Iterator[CcdaRead]:
        var = self.code.new("o")
        with self.code.block(f"for {var} in {finders.every(self.code, self.var, parse(path))}:"):
            yield CcdaRead(self.code, var, self)

    @contextmanager
    def contexts(
        self, name: str, after: tuple[str, ...], members: tuple[str, ...] = (), per: str = ""
    ) -> Iterator[CcdaRead]:
        if after or members:
            raise PathError("elements are chosen by tests in their path, not by what stands before them")
        with self.items(name) as scope:
            yield scope

    @contextmanager
    def pointed(self, path: str, kind: str) -> Iterator[CcdaRead]:
        raise PathError("a document's elements refer to one another by `made`")
        yield self

    def made(self, path: str) -> str:
        """An expression for the elements at a path, or those that entry references there stand for."""
        return f"referred({finders.every(self.code, self.var, parse(path))})"

    def test(self, path: str, operator: str, operand: Any) -> str:
        if operator == "template":
            return f"{operand!r} in {self.var}.templates"
        steps = parse(path)
        if operator in ("eq", "in") and _is_attribute(steps):
            value = f"{self.var}.attributes.get({steps[0][1]!r})"
            return f"{value} == {str(operand)!r}" if operator == "eq" else f"{value} in {self._among(operand)}"
        if operator == "is":
            valued = finders.some(self.code, self.var, steps)
            return valued if operand == "valued" else f"not {valued}"
        if operator == "count":
            return f"len({finders.every(self.code, self.var, steps)}) == {int(operand)}"
        return finders.there(self.code, self.var, steps, self._condition(steps, operator, operand))

    def _condition(self, steps: tuple[Step, ...], operator: str, operand: Any) -> Callable[[str], str]:
        """What a test asks of each thing at a path."""
        head, tail = ("", "") if finders.is_text(steps) else ("text(", ")")
        if operator == "match":
            pattern = self.code.constant(str(operand))
            return lambda found: f"matches({pattern}, {head}{found}{tail} or '')"
        if operator == "length":
            return lambda found: f"len({head}{found}{tail} or '') >= {int(operand)}"
        among = f"== {str(operand)!r}" if operator == "eq" else f"in {self._among(operand)}"
        return lambda found: f"{head}{found}{tail} {among}"

    def _among(self, operand: Any) -> str:
        return self.code.constant(frozenset(operand))

    def equals(self, path: str, value: Any) -> str:
        return self.test(path, "eq", value)

    def key(self, path: str, *, whole: bool) -> str:
        if whole:
            return f"parts({finders.every(self.code, self.var, parse(path))})"
        if path == ".":
            return f"key({self.var})"
        return f"({self._text(parse(path))} or '')"

    def root_var(self) -> str:
        return self.var

    def is_segment(self) -> bool:
        return False

    def type_at(self, path: str, value: Value) -> str:
        return ""

    def where(self, path: str) -> tuple[Any, ...]:
        return parse(path)

    def where_leaf(self, path: str) -> tuple[Any, ...]:
        return self.where(path)

    def where_identity(self, path: str) -> tuple[Any, ...]:
        """What a reference to the elements at a path takes of them: their ids; of an element around nothing."""
        steps = parse(path)
        return () if any(kind == PARENT for kind, _, _ in steps) else (*steps, *parse("id"))


class CcdaSyntax:
    """C-CDA's paths for the map compiler (`conformance.syntax.Syntax`)."""

    name = "ccda"
    variants: tuple[str, ...] = ("plain",)
    runtime: ClassVar[Mapping[str, Any]] = {
        "text": walk.text,
        "valued": walk.valued,
        "key": walk.key,
        "parts": walk.Parts,
        "referred": walk.referred,
    }
    claims = False
    references = False
    has_contexts = True
    tree = True
    writes = True

    def is_context(self, path: str) -> bool:
        return False

    def variant(self, root: Tree) -> str:
        return "plain"

    def source(self, root: Tree) -> Node:
        """Where a conversion starts to read."""
        return root.node

    def reader(self, code: Code, var: str, inside: str, variant: str) -> CcdaRead:
        code.add(f"{var} = {var}.node")
        return CcdaRead(code, var)

    def part_reader(self, code: Code, var: str, level: str, inside: str, variant: str) -> CcdaRead:
        return CcdaRead(code, var, place="at")

    def item_reader(self, scope: CcdaRead, value: Value) -> CcdaRead:
        return CcdaRead(scope.code, value.var, scope)

    def writer(self, code: Code, var: str, inside: str) -> CcdaWrite:
        return CcdaWrite(code, var)

    def part_writer(self, code: Code, var: str, inside: str) -> CcdaWrite:
        return CcdaWrite(code, var, inside)

    def start(self, root: str) -> Any:
        """An empty document; `root` is its kind, `ccd`."""
        from adapters.formats.ccda.made import Made, Scope

        node = Made("ClinicalDocument")
        node.row = root
        node.full = True  # a document is one even of a patient of whom nothing is known
        return Scope(node)

    def finish(self, target: Any, run: Any) -> Document:
        """The document of what was written, in the release that the settings ask for."""
        from adapters.formats.ccda.assemble import assemble
        from adapters.formats.ccda.shapes import RELEASES

        release = run.settings.target.partition("@")[2] or RELEASES[0]
        kind, target.node.row = target.node.row, None
        tree = assemble(target.node, kind, release, lambda name: run.url("C-CDA", f"{run.message_key}|{name}")[9:])
        return Document(format="ccda", version=release, root=tree)

    def origin(self, root: Tree) -> tuple[str, list[str]]:
        """The document's id; the custodian as its sending facility."""
        node = root.node
        ident = "|".join("^".join(pair) for pair in node.ids) or root.subject
        custodian = walk.get(node, _CUSTODIAN)
        for oid, extension in custodian.ids if custodian is not None else ():
            return ident, [extension, oid, "ISO"]
        return ident, []

    # ---- the ledger ------------------------------------------------------------------------------------------

    def leaves(self, root: Tree) -> Iterator[Leaf]:
        """Attributes and texts; a key is the chain of nodes from the root down, then the attribute's name or `#`."""
        for child in root.node.children:
            yield from _leaves(child, (), "/ClinicalDocument", _positions(root.node).get(id(child), ""))

    def nulls(self, root: Tree) -> list[str]:
        return []

    def covers(self, where: tuple[Any, ...], key: tuple[Any, ...], full: tuple[Any, ...]) -> tuple[Any, ...] | None:
        return _below(where, key, full)

    def once(self, where: tuple[Any, ...], full: tuple[Any, ...]) -> bool:
        """True when reading one value at this path stops at a sibling before the leaf's."""
        if not where or any(kind in (OUTWARD, ROOT, PARENT) for kind, _, _ in where):
            return False
        for start in range(1, len(full)):
            base = full[start - 1]
            if type(base) is Node and _below(where, full[start:], full) is not None:
                first = walk.get(base, where[:-1] if where[-1][0] in (ATTRIBUTE, FUNCTION) else where)
                if first is None or any(each is first for each in full) or first is base:
                    return False
                found = True
                break
        else:
            found = False
        return found

    def lead(self, where: tuple[Any, ...]) -> str | None:
        """What a path begins with: an element's name, `@` and an attribute's; None where it could be anything."""
        kind, name, _ = where[0] if where else (ROOT, "*", ())
        if kind == ATTRIBUTE:
            return f"@{name}"
        return str(name) if kind == CHILD and name != "*" else None

    def begins(self, rest: tuple[Any, ...]) -> str:
        """What is left of a key begins with it; empty for nothing."""
        if not rest:
            return ""
        return rest[0].name if type(rest[0]) is Node else f"@{rest[0]}"

    def shape(self, full: tuple[Any, ...]) -> None:
        return None

    def holders(self, full: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        """The document and the nodes, by object id."""
        yield ()
        yield (id(full[0].top.node),)
        for node in full[:-1]:
            yield (id(node),)

    def spread(self, at: tuple[Any, ...]) -> tuple[tuple[Any, ...], ...]:
        return (at,)

    def anchor(self, where: tuple[Any, ...]) -> str | None:
        """Paths from the document on: the element of the header that they begin with."""
        return str(where[1][1]) if len(where) > 1 and where[0][0] == ROOT else None

    def anchors(self, full: tuple[Any, ...]) -> tuple[str, ...]:
        return (full[0].name,) if full and type(full[0]) is Node else ()

    def afar(self, where: tuple[Any, ...]) -> bool:
        return any(kind in (OUTWARD, ROOT, PARENT) for kind, _, _ in where)

    def locator(self, root: Tree) -> Callable[[tuple[Any, ...], str], Where]:
        nodes = {id(each): each for each in root.node.within()}
        return partial(self._locate, nodes)

    def pattern(self, leaf: Leaf) -> str:
        return "/".join(step.name if type(step) is Node else f"@{step}" for step in leaf.key)

    def _locate(self, nodes: Mapping[int, Node], at: tuple[Any, ...], path: str) -> Where:
        """The place of what a path leads to from a node that a note names."""
        node = nodes.get(at[0]) if at else None
        if node is None:
            return Where(path=path)
        steps = parse(path) if path else ()
        found = walk.get(node, steps[:-1] if steps and steps[-1][0] in (ATTRIBUTE, FUNCTION) else steps)
        attribute = steps[-1][1] if steps and steps[-1][0] == ATTRIBUTE else ""
        return place_of(found, attribute) if type(found) is Node else place_of(node)


def _is_attribute(steps: tuple[Step, ...]) -> bool:
    """True for an attribute of the node itself."""
    return len(steps) == 1 and steps[0][0] == ATTRIBUTE


_CUSTODIAN = parse("custodian/assignedCustodian/representedCustodianOrganization")


def _positions(node: Node) -> dict[int, str]:
    """`[2]` for the second of several children of a name."""
    return {
        id(kid): f"[{number}]" for kids in node.kids.values() if len(kids) > 1 for number, kid in enumerate(kids, 1)
    }


_UNSAID = frozenset(
    (
        "classCode",
        "moodCode",
        "typeCode",
        "determinerCode",
        "contextConductionInd",
        "contextControlCode",
        "inversionInd",
    )
)
"""Structural attributes, which say what kind of statement an element is, not a fact."""


def _leaves(node: Node, above: tuple[Any, ...], path: str, position: str) -> Iterator[Leaf]:
    """What an element says, and all below it; of an entry reference, that which entry it stands for."""
    path = f"{path}/{node.name}{position}"
    key = (*above, node)
    if node.name in ("templateId", "realmCode", "typeId"):
        return
    if node.name in ("code", "statusCode") and above and ENTRY_REFERENCE in above[-1].templates:
        return
    for name, value in node.attributes.items():
        if value and name not in _UNSAID and not (name == "xsi:type" and len(node.attributes) > 1):
            yield Leaf((*key, name), f"{path}/@{name}", value)
    if node.children:
        positions = _positions(node)
        for child in node.children:
            yield from _leaves(child, key, path, positions.get(id(child), ""))
        own = (node.element.text or "").strip()
    else:
        own = walk.text(node) or ""
    if own:
        yield Leaf((*key, TEXT), path, own)


def _below(steps: tuple[Step, ...], key: tuple[Any, ...], full: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """What is left of a leaf's key below a path."""
    for number, (kind, name, tests) in enumerate(steps):
        if kind == ROOT:
            key = full
            continue
        if kind in (OUTWARD, PARENT):
            return _outward(name, steps[number + 1 :], full)
        if kind == FUNCTION:
            return key if len(key) == 1 else None
        if not key:
            return None
        first = key[0]
        if kind == ATTRIBUTE:
            return () if first == name else None
        if kind == CHILD and not (type(first) is Node and name in ("*", first.name) and _fits(first, tests)):
            return None
        key = key[1:]
    return key


def _outward(name: str, rest: tuple[Step, ...], full: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """A path that looks outward may have read any element of its name."""
    kind, wanted, _ = rest[0] if rest else (ROOT, "", ())
    for place, node in enumerate(full):
        if type(node) is Node and (not name or node.name == name):
            if kind in (CHILD, ATTRIBUTE):
                below = full[place + 1]
                said = below.name if type(below) is Node else below
                if said != wanted and wanted != "*":
                    continue
            found = _below(rest, full[place + 1 :], full)
            if found is not None:
                return found
    return None


def _fits(node: Node, tests: tuple[Any, ...]) -> bool:
    for test in tests:
        if test[0] == INDEX:
            beside = node.parent.kids[node.name] if node.parent is not None else [node]
            if beside[test[2] - 1] is not node:
                return False
        elif not walk.holds(node, test):
            return False
    return True


SYNTAX = CcdaSyntax()
