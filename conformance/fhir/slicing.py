"""Slicing: which slice an item of an array belongs to, three-valued. https://hl7.org/fhir/R4/profiling.html#slicing

A matcher answers True, False, or None where what is here doesn't tell (a value set that can't be expanded, a
reference that can't be followed). Discriminators are compiled when the slicing is first met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from conformance.definitions.pack import Facts
from conformance.definitions.snapshot import Tree
from conformance.fhir import coding, fhirpath
from conformance.fhir.fhirpath import FhirPathError, Node
from conformance.fhir.values import fitting, same
from conformance.terminology.value_set import Answer, all_of, any_of

if TYPE_CHECKING:
    from conformance.fhir.plan import Item, Plans
    from conformance.fhir.walk import Walk

Matcher = Callable[["Walk", Node], Answer]
Leaf = tuple[str, Callable[["Walk", list[Any]], Answer]]
"""A path below the item and what the values there must satisfy."""


def UNSAID(walk: Walk, node: Node) -> Answer:  # noqa: N802
    """The matcher of a slice that says nothing at a discriminator: another discriminator decides, else nothing does."""
    return None


class Slice:
    """One slice: its name, cardinality, how its items are known, and what they must be."""

    def __init__(self, plans: Plans, tree: Tree, inside: str, key: str) -> None:
        self._plans, self._inside, self._key = plans, inside, key
        self.tree = tree
        self.name = tree.slice
        self.names = tuple(_outward(tree.slice))
        """Its own, and those of the slices that a reslice is in."""
        self.min, self.max = tree.min, tree.max
        self._items: dict[str, Item | None] = {}

    def item(self, code: str, value: Any = None) -> Item | None:
        """The Item for a type's code; for a resource of several types, of its own."""
        if not code and len(self.tree.types) > 1:
            kinds = fhirpath.lineage(fhirpath.type_of(value))
            code = next((kind for kind in kinds if any(kind == each.get("code") for each in self.tree.types)), "")
        if code not in self._items:
            facts = next((each for each in self.tree.types if code in (each.get("code"), "")), None)
            self._items[code] = self._plans.item(self.tree, facts, self._inside, self._key)
        return self._items[code]


def _outward(name: str) -> Iterator[str]:
    while name:
        yield name
        name = name.rpartition("/")[0]


class Slicing:
    """The slices of an element, and how they are told apart."""

    def __init__(self, plans: Plans, tree: Tree, inside: str) -> None:
        self._plans = plans
        self.tree = tree
        self.loose = tree.loose
        facts: Facts = tree.facts.get("slicing") or {}
        self.rules = str(facts.get("rules", "open"))
        self.ordered = facts.get("ordered") is True
        self.discriminators = _discriminators(tree) or _implied(tree)
        key = tree.name.removesuffix("[x]")
        self.slices = [Slice(plans, each, inside, key) for each in tree.slices.values()]
        self.order = {each.name: place for place, each in enumerate(self.slices)}
        self.counted = [each for each in self.slices if each.min > 0 or each.max is not None]
        self.default = next((each for each in self.slices if each.name == "@default"), None)
        self.is_choice = tree.name.endswith("[x]")
        self._found: dict[Any, tuple[Slice | None, bool]] = {}
        """For coded values that are told apart by themselves: which slice each was in."""

    @cached_property
    def recurring(self) -> bool:
        """True where only an item's own codes decide: what was found of one holds for its like."""
        types = {str(each.get("code")) for each in self.tree.types}
        by_itself = all(kind in ("value", "pattern") and "(" not in path for kind, path in self.discriminators)
        return types <= _CODED and by_itself and not any(_speaks_of_text(each.tree) for each in self.slices)

    @cached_property
    def by_url(self) -> dict[str, Slice] | None:
        """Extension slices by url: one look-up where that is the only discriminator and each slice fixes its url."""
        if self.discriminators != [("value", "url")]:
            return None
        found: dict[str, Slice] = {}
        for each in self.slices:
            urls = [want for path, want in _fixed_leaves(self._plans, each.tree, "url") if path == "url"]
            if "/" in each.name or not urls:
                return None
            found[str(urls[0])] = each
        return found

    @cached_property
    def matchers(self) -> list[tuple[Slice, Matcher]]:
        ordered = sorted(self.slices, key=lambda each: -each.name.count("/"))
        return [(each, self._matcher(each.tree)) for each in ordered if each.name != "@default"]

    def _matcher(self, tree: Tree) -> Matcher:
        """All discriminators hold; of a reslice, those of its slice too."""
        above = self.tree.slices.get(tree.slice.rpartition("/")[0])
        discriminators = self.discriminators if above is None else _discriminators(above)
        place = list(self.tree.slices).index(tree.slice)
        parts = [
            _by_position(place) if kind == "position" else _discriminate(self._plans, tree, self.tree, kind, path)
            for kind, path in discriminators
        ]
        if above is not None:
            parts.append(self._matcher(above))
        said = [part for part in parts if part is not UNSAID]
        if len(said) <= 1:
            return said[0] if said else UNSAID
        return lambda walk, node: all_of([part(walk, node) for part in said])

    def find(self, walk: Walk, node: Node) -> tuple[Slice | None, bool]:
        """The slice of an item (the deepest reslice), and whether that is sure."""
        if self.by_url is not None:
            url = node.value.get("url") if isinstance(node.value, dict) else None
            return (self.by_url.get(url) if isinstance(url, str) else None), True
        key = coding.recurring(node.value) if self.recurring else None
        if key is None:
            return self._find(walk, node)
        if key not in self._found:
            if len(self._found) > _REMEMBERED:
                self._found.clear()
            self._found[key] = self._find(walk, node)
        return self._found[key]

    def _find(self, walk: Walk, node: Node) -> tuple[Slice | None, bool]:
        sure = True
        for each, matcher in self.matchers:
            answer = matcher(walk, node)
            if answer:
                return each, True
            sure = sure and answer is not None
        return None, sure


_CODED = frozenset({"CodeableConcept", "Coding"})
_REMEMBERED = 2_000


def _speaks_of_text(tree: Tree) -> bool:
    wanted = [want for key, want in tree.facts.items() if key.startswith(("fixed", "pattern"))]
    return "text" in (tree.children or {}) or any(isinstance(want, dict) and "text" in want for want in wanted)


def _discriminators(tree: Tree) -> list[tuple[str, str]]:
    """Type and path of each discriminator of an element."""
    rows = (tree.facts.get("slicing") or {}).get("discriminator", ())
    return [(str(each.get("type")), str(each.get("path"))) for each in rows]


def _implied(tree: Tree) -> list[tuple[str, str]]:
    """Slices of a choice are told apart by type, those of extensions by url, where the differential doesn't say."""
    if tree.name.endswith("[x]"):
        return [("type", "$this")]
    if tree.name in ("extension", "modifierExtension"):
        return [("value", "url")]
    return []


def _discriminate(plans: Plans, tree: Tree, whole: Tree, kind: str, path: str) -> Matcher:
    if kind in ("value", "pattern"):
        return _by_value(plans, tree, whole, path)
    if kind == "exists":
        return _by_existence(plans, tree, path)
    if kind == "type":
        return _by_type(plans, tree, path)
    if kind == "profile":
        return _by_profile(plans, tree, path)
    return lambda walk, node: None


def _at(path: str) -> Callable[[Walk, Node], list[Any]]:
    """What stands at a discriminator's path in an item."""
    if path == "$this":
        return lambda walk, node: [node]
    try:
        run = fhirpath.compiled(path)
    except FhirPathError:
        return lambda walk, node: []
    return lambda walk, node: run([node], walk.env(node))


def _by_value(plans: Plans, tree: Tree, whole: Tree, path: str) -> Matcher:
    """Fixed values, patterns or required bindings in the slice at the path or below it; any value there may match."""
    at = _at(path)
    target = _descend(plans, tree, path)
    tests = list(_tests(plans, target, _descend(plans, whole, path))) if target is not None else []
    if not tests:
        return UNSAID
    if path == "$this" and len(tests) == 1:
        return tests[0]

    def matcher(walk: Walk, node: Node) -> Answer:
        return any_of([all_of([test(walk, found) for test in tests]) for found in at(walk, node)])

    return matcher


Test = Callable[["Walk", Any], Answer]


def _tests(plans: Plans, tree: Tree, whole: Tree | None, depth: int = 0) -> Iterable[Test]:
    """What the values at an element must satisfy, from its own facts, else from its children's.

    `whole` is the element outside the slice: a binding that it has too tells nothing apart.
    """
    own = list(_own_tests(tree, whole))
    if own or depth > 4:
        yield from own
        return
    beside = _children(plans, whole) if whole is not None else {}
    children = tree.children
    if children is None and any(each.get("profile") for each in tree.types):
        children = _children(plans, tree)
    for child in (children or {}).values():
        for source in (child, *child.slices.values()):
            if source is child or source.min > 0:
                inner = _tests(plans, source, beside.get(child.name), depth + 1)
                yield from (_below(child.name, test) for test in inner)


def _children(plans: Plans, tree: Tree) -> dict[str, Tree]:
    if tree.children is not None:
        return tree.children
    content = plans.snapshots.content(tree)
    return (content.children if content is not None else None) or {}


def _below(name: str, test: Test) -> Test:
    step = fhirpath.compiled(name.removesuffix("[x]"))

    def inner(walk: Walk, found: Any) -> Answer:
        if type(found) is not Node:
            return False
        return any_of([test(walk, each) for each in step([found], walk.env(found))])

    return inner


def _own_tests(tree: Tree, whole: Tree | None) -> Iterable[Test]:
    for key, want in tree.facts.items():
        if key.startswith("fixed"):
            yield _compared(partial(same, want=want))
        elif key.startswith("pattern"):
            yield _compared(fitting(want))
    binding = tree.facts.get("binding") or {}
    outside = (whole.facts.get("binding") or {}) if whole is not None and whole is not tree else {}
    required = binding.get("strength") == "required" and binding.get("valueSet")
    if required and binding.get("valueSet") != outside.get("valueSet") and not _has_value(tree):
        yield lambda walk, found: walk.member(found, str(binding["valueSet"]), tree.origin)


def _compared(fits: Callable[[Any], bool]) -> Test:
    return lambda walk, found: fits(found.value if type(found) is Node else found)


def _has_value(tree: Tree) -> bool:
    return any(key.startswith(("fixed", "pattern")) for key in tree.facts)


def _descend(plans: Plans, tree: Tree, path: str) -> Tree | None:
    """The slice's element at a discriminator's path; through types, profiles, `extension('url')` and `resolve()`."""
    node: Tree | None = tree
    for step in _split(path):
        if node is None:
            return None
        if step == "$this" or step.startswith(("ofType(", "first(")):
            continue
        if step == "resolve()":
            node = _resolved(plans, node)
            continue
        children = node.children
        if children is None:
            content = plans.snapshots.content(node)
            children = content.children if content is not None else None
        children = children or {}
        if step.startswith("extension("):
            node = _extension(plans, children.get("extension"), step[10:].strip("()'\""))
        else:
            node = children.get(step) or children.get(f"{step}[x]")
            if node is not None and len(node.slices) == 1 and not _has_value(node):
                node = next(iter(node.slices.values()))
    return node


def _split(path: str) -> list[str]:
    """Steps of a path; a dot inside brackets or quotes doesn't part."""
    steps, depth, start = [], 0, 0
    for place, character in enumerate(path):
        depth += (character == "(") - (character == ")")
        if character == "." and not depth:
            steps.append(path[start:place])
            start = place + 1
    return [*steps, path[start:]]


def _resolved(plans: Plans, node: Tree) -> Tree | None:
    targets = [url for each in node.types for url in each.get("targetProfile", ())]
    return plans.snapshots.of(targets[0], node.origin) if len(targets) == 1 else None


def _extension(plans: Plans, node: Tree | None, url: str) -> Tree | None:
    for each in node.slices.values() if node is not None else ():
        if any(want == url for _, want in _fixed_leaves(plans, each, "url")):
            return each
    return plans.snapshots.of(url)


def _fixed_leaves(plans: Plans, tree: Tree, name: str) -> Iterable[tuple[str, Any]]:
    """The fixed values of a child, from the slice or from the profile of its type."""
    for source in (tree, plans.snapshots.content(tree)):
        child = (source.children or {}).get(name) if source is not None else None
        if child is not None:
            for key, want in child.facts.items():
                if key.startswith(("fixed", "pattern")):
                    yield name, want
                    return
    profiles = [url for each in tree.types for url in each.get("profile", ())]
    if name == "url" and len(profiles) == 1:
        yield name, profiles[0].partition("|")[0]


def _by_existence(plans: Plans, tree: Tree, path: str) -> Matcher:
    at = _at(path)
    target = _descend(plans, tree, path)
    if target is None:
        return lambda walk, node: None
    if target.max == 0:
        return lambda walk, node: not at(walk, node)
    if target.min > 0:
        return lambda walk, node: bool(at(walk, node))
    return lambda walk, node: None


def _by_type(plans: Plans, tree: Tree, path: str) -> Matcher:
    at = _at(path)
    target = _descend(plans, tree, path)
    if target is None:
        return lambda walk, node: None
    names = {str(each.get("code")) for each in target.types} if target.types else {target.name}
    resolved = path.endswith("resolve()")

    def matcher(walk: Walk, node: Node) -> Answer:
        found = [each for each in at(walk, node) if type(each) is Node]
        if not found:
            return walk.reference_type(node, path, names) if resolved else False
        return any(bool(names & set(fhirpath.lineage(each.type_name))) for each in found)

    return matcher


def _by_profile(plans: Plans, tree: Tree, path: str) -> Matcher:
    at = _at(path)
    target = _descend(plans, tree, path.removesuffix(".resolve()").removesuffix("resolve()") or "$this")
    if target is None:
        return lambda walk, node: None
    what = "targetProfile" if path.endswith("resolve()") else "profile"
    urls = [url for each in target.types for url in each.get(what, ())]
    if not urls and what == "profile":
        names = {str(each.get("code")) for each in target.types}
        return lambda walk, node: any(
            bool(names & set(fhirpath.lineage(each.type_name))) for each in at(walk, node) if type(each) is Node
        )

    def matcher(walk: Walk, node: Node) -> Answer:
        found = [each for each in at(walk, node) if type(each) is Node]
        if not found:
            return None if what == "targetProfile" else False
        return any_of([walk.conforms(each, url, target.origin) for each in found for url in urls])

    return matcher


def _by_position(place: int) -> Matcher:
    """The slices in their order are the items in theirs."""
    return lambda walk, node: node.index == place
