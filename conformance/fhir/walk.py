"""The walk over one resource: structure, values, slices, invariants, and what each type asks of itself.

Data that is broken never stops the walk: every problem becomes an issue at its place and the rest is checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from conformance.catalogue import issue
from conformance.fhir import bindings, coding, extensions, references, rules, slices
from conformance.fhir.fhirpath import Env, Node, lineage, type_of
from conformance.fhir.fhirpath.evaluate import LONGEST
from conformance.fhir.fhirpath.references import resolver
from conformance.fhir.plan import Item, Plans, Prop, Slot
from conformance.fhir.primitives import CHECKS
from conformance.issue import Issue, Severity, Where
from conformance.terminology.value_set import Answer, all_of, any_of

if TYPE_CHECKING:
    from conformance.terminology import Terminology

DEEPEST = 100
MOST_ISSUES = 5_000
REMEMBERED = 2_000
"""Clean coded values an Item keeps in mind."""


class Walk:
    """One validation. `issues` grows as it goes; `generic` is False in passes that only add a profile's own rules."""

    def __init__(self, plans: Plans, terminology: Terminology, root: Node, *, now: str = "") -> None:
        self.plans = plans
        self.terminology = terminology
        self.root = root
        self.now = now
        self.issues: list[Issue] = []
        self.generic = True
        self.depth = 0
        self.doubts = 0
        """How often something was not checked, told or not."""
        self.resolve = resolver(root)
        self._conforming: dict[tuple[int, str], Answer] = {}
        self._envs: dict[int, Env] = {}
        self.unchecked: set[tuple[str, str, int]] = set()
        self.ids: dict[tuple[int, str], str] = {}
        """Elements' ids in each resource, with the place where they were met."""

    def end(self) -> None:
        """Lets go of what refers back to the walk: then all of it is freed at once, not by the garbage collector."""
        self._envs.clear()

    @cached_property
    def anchors(self) -> set[str]:
        """What local links of narratives can lead to."""
        return rules.anchors(self.root.value)

    # What the parts of the validator ask of a walk

    def report(
        self, code: str, node: Node | str, *, found: Any = None, severity: Severity | None = None, **words: Any
    ) -> None:
        """An issue at a node (or at a path)."""
        if len(self.issues) >= MOST_ISSUES:
            self.doubts += 1
            return
        path = node if isinstance(node, str) else node.path
        text = None if found is None or isinstance(found, (dict, list)) else str(found)[:200]
        made = issue(code, Where(path=path), found=text, **words)
        self.issues.append(made if severity is None else replace(made, severity=severity))

    def unchecked_once(self, code: str, node: Node, subject: str, **words: Any) -> None:
        """A "not checked", once per subject and resource."""
        self.doubts += 1
        key = (code, subject, id(self.resource_of(node).value))
        if key not in self.unchecked:
            self.unchecked.add(key)
            self.report(code, node, **words)

    def resource_of(self, node: Node) -> Node:
        """The resource around a node: a contained one counts as its own."""
        here: Node | None = node
        while here is not None:
            if isinstance(here.value, dict) and "resourceType" in here.value:
                return here
            here = here.parent
        return self.root

    def env(self, node: Node) -> Env:
        """The surroundings of an expression evaluated at a node."""
        resource = self.resource_of(node)
        env = self._envs.get(id(resource.value))
        if env is None:
            container = resource
            if resource.name == "contained" and resource.parent is not None:
                container = self.resource_of(resource.parent)
            env = Env(resource=resource, root=container, resolve=self.resolve, now=self.now)
            env.member_of, env.conforms_to = self.member, lambda each, url: self.conforms(each, url)
            self._envs[id(resource.value)] = env
        env.context, env.this, env.index, env.left = node, [node], None, LONGEST
        env.variables = {}
        return env

    def member(self, found: Any, value_set: str, near: str = "") -> Answer:
        """Whether a code, Coding, CodeableConcept or Quantity is in a value set."""
        return bindings.member(self.terminology, found.value if type(found) is Node else found, value_set, near)

    def conforms(self, node: Node, canonical: str, near: str = "") -> Answer:
        """Whether a node meets a profile, without reporting; None where the profile isn't here."""
        key = (id(node.value), canonical)
        if key not in self._conforming:
            self._conforming[key] = True  # a profile that asks for itself is met where nothing else fails
            self._conforming[key] = self._conforms(node, canonical, near)
        return self._conforming[key]

    def _conforms(self, node: Node, canonical: str, near: str) -> Answer:
        definition = self.plans.registry.find("StructureDefinition", canonical, near)
        item = None if definition is None else self.plans.of_profile(definition)
        if definition is None or item is None:
            return None
        if item.type not in lineage(node.type_name):
            return False
        found = self.silently(lambda: self.check(node, item))
        if any(each.severity in ("error", "fatal") for each in found):
            return False
        imposed = self.plans.registry.imposed([canonical], near)
        return all_of([True, *(self.conforms(node, url, definition.origin) for url in imposed)])

    def silently(self, run: Callable[[], object]) -> list[Issue]:
        """The issues of a run, kept out of the report."""
        before, generic, unchecked = self.issues, self.generic, set(self.unchecked)
        self.issues, self.generic = [], False
        try:
            run()
            return self.issues
        finally:
            self.issues, self.generic, self.unchecked = before, generic, unchecked

    def reference_type(self, node: Node, path: str, names: set[str]) -> Answer:
        """Whether the literal reference at `path.resolve()` names one of these types; None where it names none."""
        return references.named_type(node, path, names)

    # Resources

    def resource(self, node: Node, profiles: Iterable[str] = (), near: str = "") -> None:
        """Everything about a resource: its type's rules, those of its profiles, and what is inside."""
        kind = type_of(node.value)
        base = self.plans.of_type(kind) if kind else None
        if base is None or "Resource" not in lineage(kind) or kind in ("Resource", "DomainResource"):
            self.report("FHIR-0001", node, found=kind or None)
            return
        node.type = kind
        items = self._asked(node, kind, profiles, near)
        generic, before = self.generic, len(self.issues)
        for item in items or [base]:
            self.check(node, item)
            self.generic = False
        self.generic = generic
        if self.generic:
            self._whole(node, before)

    def _asked(self, node: Node, kind: str, profiles: Iterable[str], near: str) -> list[Item]:
        """The profiles a resource is to meet; sets that were found without a word are remembered."""
        inferred = rules.inferred(node.value)
        claimed = _claimed(node.value)
        key = (kind, near, *claimed, "", *profiles, "", *inferred)
        known = self.plans.asked.get(key)
        if known is not None:
            return known
        before = len(self.issues), len(self.unchecked)
        asked = list(dict.fromkeys([*claimed, *profiles, *self.plans.registry.globals(kind)]))
        asked += [url for url in self.plans.registry.imposed(asked, near) if url not in asked]
        bases = {base for url in asked for base in self._bases(url, near)} if inferred else set()
        asked += [url for url in inferred if url not in bases]
        items = [item for item in (self._profile(node, url, near) for url in asked) if item is not None]
        if before == (len(self.issues), len(self.unchecked)) and len(items) == len(asked) and len(asked) < 20:
            self.plans.remember(key, items)
        return items

    def _whole(self, node: Node, before: int) -> None:
        """The rules of a resource as a whole. They expect what its elements promise: where that is broken, and told
        since `before`, they may end early.
        """
        try:
            rules.resource(self, node)
        except (TypeError, AttributeError, KeyError, IndexError, ValueError):
            told = len(self.issues) >= MOST_ISSUES or any(each.code in _BROKEN for each in self.issues[before:])
            if not told:
                raise

    def _bases(self, canonical: str, near: str) -> Iterator[str]:
        for _ in range(DEEPEST):
            definition = self.plans.registry.find("StructureDefinition", canonical, near)
            if definition is None:
                return
            yield definition.url
            canonical, near = str(definition.facts.get("baseDefinition", "")), definition.origin

    def _profile(self, node: Node, canonical: str, near: str) -> Item | None:
        definition = self.plans.registry.find("StructureDefinition", canonical, near)
        if definition is None:
            if not canonical.startswith("http://hl7.org/fhir/StructureDefinition/"):
                self.unchecked_once("FHIR-0101", node, canonical, found=canonical)
            else:
                self.report("FHIR-0102", node, found=canonical)
            return None
        item = self.plans.of_profile(definition)
        if item is not None and item.type not in lineage(node.type):
            self.report("FHIR-0103", node, profile=definition.url, type=item.type)
            return None
        for code, problems in (
            ("FHIR-0104", self.plans.snapshots.problems),
            ("FHIR-0106", self.plans.snapshots.shipped),
        ):
            for problem in problems.get(definition.url, ()):
                self.unchecked_once(code, node, definition.url, profile=definition.url, problem=problem)
        return item

    # Elements

    def check(self, node: Node, item: Item) -> None:
        """One value against its Item; what was found of a coded value is remembered."""
        key = coding.recurring(node.value) if item.recurring else None
        if key is not None and (self.generic, key) in item.clean and _sound_text(node.value):
            return
        if self.depth > DEEPEST:
            self.report("FHIR-0011", node)
            return
        self.depth += 1
        before, doubts = len(self.issues), self.doubts
        if item.primitive is not None:
            sound = self._primitive(node, item)
        elif type(node.value) is not dict:
            self.report("FHIR-0003", node, form="an object")
            sound = False
        elif item.is_resource or item.nested:
            sound = self._inner(node, item)
        else:
            self._object(node, item, node.value)
            sound = len(self.issues) == before or not any(each.code in _BROKEN for each in self.issues[before:])
            if item.rule is not None and self.generic:
                item.rule(self, node)
            if item.asked:
                rules.asked_by_extension(self, node, item.asked)
        if sound:
            for demand in item.demands:
                demand(self, node)
        self.depth -= 1
        if key is not None and (before, doubts) == (len(self.issues), self.doubts) and len(item.clean) < REMEMBERED:
            item.clean.add((self.generic, key))

    def _inner(self, node: Node, item: Item) -> bool:
        """A resource inside another; whether more is to be said of it."""
        if not item.is_resource:
            return self._nested(node, item)
        self.resource(node)
        if item.profiles:
            self.any_profile(node, item)
        return False

    def _nested(self, node: Node, item: Item) -> bool:
        """A resource inside another whose type or profile is given: by itself first, then as it is asked here."""
        if item.type not in lineage(type_of(node.value)):
            self.report("FHIR-0007", node, type=item.type, found=type_of(node.value))
            return False
        self.resource(node)
        generic, self.generic = self.generic, False
        before = len(self.issues)
        self._object(node, item, node.value)
        self.generic = generic
        return not any(each.code in _BROKEN for each in self.issues[before:])

    def any_profile(self, node: Node, item: Item) -> None:
        """Several profiles on one type: one of them has to be met."""
        if self.meets_one(node, node, item.profiles, item.tree.origin) is False:
            self.report("FHIR-0105", node, profiles=", ".join(item.profiles))

    def meets_one(self, node: Node, target: Node, profiles: tuple[str, ...], near: str) -> Answer:
        """Whether a target meets one of the profiles; where that can't be told it is said at the node."""
        answers = {url: self.conforms(target, url, near) for url in profiles}
        answer = any_of(list(answers.values()))
        if answer is None:
            self.lacking(node, *(url for url, each in answers.items() if each is None))
        return answer

    def lacking(self, node: Node, *profiles: str) -> None:
        for url in profiles:
            self.unchecked_once("FHIR-0107", node, url, profile=url)

    def _primitive(self, node: Node, item: Item) -> bool:
        value, extra = node.value, node.extra
        if value is not None and item.primitive is not None:
            problem = item.primitive(value)
            if problem:
                self.report("FHIR-0008", node, found=value, type=item.type, problem=problem)
        if extra is not None:
            if not isinstance(extra, dict):
                self.report("FHIR-0003", node, form="an object")
            else:
                if value is None and "extension" not in extra:
                    self.report("FHIR-0009", node)
                elif (
                    value is None
                    and item.type == "code"
                    and item.binding
                    and item.binding.strength == "required"
                    and not _excused(extra, required=item.tree.min > 0 or self._asked_for(node))
                ):
                    self.report("FHIR-0045", node, value_set=item.binding.value_set.partition("|")[0])
                if item.asked:
                    rules.asked_by_extension(self, node, item.asked)
                self._object(node, item, extra)
        if value is not None and problem is None:
            if item.type == "xhtml" and self.generic:
                rules.narrative(self, node)
            return True
        return False

    def _asked_for(self, node: Node) -> bool:
        """Whether a rule of its parent's type speaks of an element: cpt-2 asks ContactPoint.system of each value."""
        owner = self.plans.of_type(node.parent.type) if node.parent is not None else None
        word = re.compile(rf"\b{re.escape(node.name)}\b")
        return owner is not None and any(word.search(rule.expression) for rule in owner.invariants)

    def _object(self, node: Node, item: Item, data: dict[str, Any]) -> None:
        """The properties of an object: unknown ones, forms, cardinality, slices, and each value."""
        if not data:
            self.report("FHIR-0009", node)
            return
        props = item.props
        chosen: tuple[Prop, ...] = ()
        for key, inner in data.items():
            slot = props.get(key)
            if slot is None:
                self._unplanned(node, item, key, data)
                continue
            if not slot.ready:
                slot.prepare()
            if slot.choice is not None:
                if slot.choice in chosen:
                    self.report("FHIR-0014", node, element=slot.choice.tree.name)
                chosen = (*chosen, slot.choice)
            simple = slot.simple
            if simple is not None and slot.sibling not in data:
                if not slot.many:
                    if inner is not None and simple(inner) is None:
                        continue
                elif type(inner) is list and inner and not any(map(simple, inner)):
                    continue
            elif slot.direct is not None:
                if type(inner) is dict and not slot.many:
                    self.check(Node(inner, slot.inside, node, slot.step), slot.direct)
                    continue
                if type(inner) is list and slot.many and self._all(node, slot, slot.direct, inner):
                    continue
            self._property(node, slot.prop, slot, data)
        if not item.names.issubset(data):
            for prop in item.required:
                if not prop.present(data):
                    prop.count(self, node, ())
        for prop in item.sliced:
            if prop.slicing is not None and not prop.present(data):
                slices.count(self, node, prop.slicing, {}, prop.name, sure=True)

    def _all(self, node: Node, slot: Slot, item: Item, values: list[Any]) -> bool:
        """Checks the objects of an array where there is nothing to count or choose; False where one is no object."""
        for each in values:
            if type(each) is not dict:
                return False
        for index, each in enumerate(values):
            self.check(Node(each, slot.inside, node, slot.step, index), item)
        return bool(values)

    def _unplanned(self, node: Node, item: Item, key: str, data: dict[str, Any]) -> None:
        """A property that the plan doesn't hold under this name: a sibling, the resource's type, or an unknown one."""
        if key == "resourceType" and node.value is data and "Resource" in lineage(item.type):
            return
        slot = item.props.get(key[1:]) if key.startswith("_") else None
        if slot is None or not slot.prop.primitive(slot.code):
            self._unknown(node, item, key)
        elif slot.key not in data:
            slot.prepare()
            self._property(node, slot.prop, slot, data)

    def _unknown(self, node: Node, item: Item, key: str) -> None:
        """A property that is not in the plan: of a type that a profile excludes, or of nothing known."""
        name = key.removeprefix("_")
        for prop in item.choices_by_stem(name):
            if name in prop.base_keys:
                self.report("FHIR-0012", _step(node, prop, name, prop.base_keys[name]), element=prop.tree.name,
                            types=", ".join(prop.types))  # fmt: skip
                return
        if key == "fhir_comments":
            self.report("FHIR-0013", node)
        else:
            self.report("FHIR-0002", node, found=key)

    def _property(self, node: Node, prop: Prop, slot: Slot, data: dict[str, Any]) -> None:
        code = slot.code
        found = self._values(node, prop, slot, data) if prop.max != 0 else [node]
        if found:
            prop.count(self, node, found)
        if prop.max == 0:
            return
        slicing = prop.slicing
        if slicing is None:
            several = len(prop.types) > 1 and not code
            for each in found:
                inner = prop.item(prop.code(each.value)) if several else slot.item
                if inner is not None:
                    self.check(each, inner)
        else:
            slices.check(self, node, prop, slicing, found, code)
        if prop.is_extension and self.generic:
            extensions.check(self, node, prop, found)

    def _values(self, node: Node, prop: Prop, slot: Slot, data: dict[str, Any]) -> list[Node]:
        """The property's values as nodes; a wrong JSON form is reported and read as what was meant."""
        value, extra = data.get(slot.key), data.get(slot.sibling)
        step, kind = slot.step, slot.inside
        if type(value) is list and value and extra is None and slot.many and kind != "Resource" and None not in value:
            return [Node(inner, kind, node, step, index) for index, inner in enumerate(value)]
        if value is None and extra is None:
            self.report("FHIR-0009", Node(None, kind, node, step))
            return []
        if not prop.many:
            if isinstance(value, list) or isinstance(extra, list):
                self.report("FHIR-0003", Node(value, kind, node, step), form="a single value, not an array")
                value = value[0] if isinstance(value, list) and value else None
                extra = None
                if value is None:
                    return []
            return [self._node(value, kind, node, step, -1, extra)]
        if (value is not None and not isinstance(value, list)) or (extra is not None and not isinstance(extra, list)):
            self.report("FHIR-0003", Node(value, kind, node, step), form="an array")
            value = [value] if value is not None and not isinstance(value, list) else value
            extra = None
        return self._array(node, value, extra, kind, step)

    def _array(self, node: Node, value: Any, extra: Any, kind: str, step: str) -> list[Node]:
        values, extras = value or [], extra or []
        if not extras and None not in values:
            if not values:
                self.report("FHIR-0009", Node(None, kind, node, step))
            return [self._node(inner, kind, node, step, index, None) for index, inner in enumerate(values)]
        found = []
        for index in range(max(len(values), len(extras))):
            inner = values[index] if index < len(values) else None
            sibling = extras[index] if index < len(extras) else None
            if inner is None and sibling is None:
                self.report("FHIR-0010", Node(None, kind, node, step, index))
            else:
                found.append(self._node(inner, kind, node, step, index, sibling))
        return found

    def _node(self, value: Any, kind: str, parent: Node, step: str, index: int, extra: Any) -> Node:
        if kind == "Resource":
            kind = type_of(value) or kind
        return Node(value, kind, parent, step, index, extra)


_BROKEN = frozenset({"FHIR-0002", "FHIR-0003", "FHIR-0008", "FHIR-0009", "FHIR-0010"})
"""After these, an element's own rules would only repeat or misread what is wrong."""


_TEXT = CHECKS["string"]


def _sound_text(value: Any) -> bool:
    return "text" not in value or _TEXT(value["text"]) is None


def _step(node: Node, prop: Prop, key: str, code: str) -> Node:
    return Node(None, code, node, f"{prop.name}.ofType({code})")


def _claimed(value: Any) -> list[str]:
    """The profiles that a resource says it meets."""
    meta = value.get("meta")
    profiles = meta.get("profile") if isinstance(meta, dict) else None
    return [each for each in profiles if isinstance(each, str)] if isinstance(profiles, list) else []


def _excused(extra: dict[str, Any], *, required: bool) -> bool:
    """True where a code may be absent under a required binding: its element must be there and says why it has none, or
    what was meant is `unsupported`. An optional element that has nothing to say is left out."""
    listed = extra.get("extension")
    url = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
    there = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    reasons = [each.get("valueCode") for each in there if each.get("url") == url]
    return bool(reasons) if required else "unsupported" in reasons
