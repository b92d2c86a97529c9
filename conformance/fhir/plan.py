"""Plans: definitions compiled to what a walk needs, each part when it is first met.

A `Prop` is an element as a property of its parent (cardinality, JSON form, slicing); an `Item` is what one value of
it must be. Types, profiles and elements with constraints of their own have Items; elements without share their type's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from conformance.definitions import r4
from conformance.definitions.pack import Facts
from conformance.definitions.registry import Definition, Registry
from conformance.definitions.snapshot import Snapshots, Tree
from conformance.fhir import bindings, invariants, narrative, native, references, rules
from conformance.fhir.fhirpath import lineage, type_of
from conformance.fhir.fhirpath.absence import needs
from conformance.fhir.fhirpath.node import schema
from conformance.fhir.primitives import CHECKS, Primitive
from conformance.profile.demands import Count, Demand, Saying

if TYPE_CHECKING:
    from conformance.fhir.slicing import Slicing
    from conformance.terminology import Terminology

_SYSTEM = "http://hl7.org/fhirpath/System."
_MAX_VALUE_SET = "http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet"
_ADDITIONAL = "http://hl7.org/fhir/tools/StructureDefinition/additional-binding"
_ASKING = frozenset({
    "http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition.valueAlternatives",
    "http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition.mustHaveValue",
    "http://hl7.org/fhir/StructureDefinition/narrative-language-control",
    "http://hl7.org/fhir/StructureDefinition/maxSize",
})  # fmt: skip
_AS_EXPRESSIONS = {
    "http://hl7.org/fhir/StructureDefinition/regex": ("regex", "matchesFull({})"),
    "http://hl7.org/fhir/StructureDefinition/minLength": ("minLength", "length() >= {}"),
}
"""Extensions of an element's definition that ask of a text what FHIRPath can say, with a name for it."""
_REMEMBERED = 10_000
_ELSEWHERE = frozenset({
    "hasValue() or (children().count() > id.count())",
    "htmlChecks()",
    "reference.startsWith('#').not() or "
    "(reference.substring(1).trace('url') in %rootResource.contained.id.trace('ids'))",
})  # fmt: skip
"""ele-1, txt-1 and ref-1: the walk, `rules.narrative` and `references.form` see to them, and say more."""


@dataclass(frozen=True, slots=True)
class Invariant:
    key: str
    severity: str
    expression: str
    needs: frozenset[str] = frozenset()
    """JSON names of which one must be there for the invariant to be broken; empty where that isn't known."""


@dataclass(frozen=True, slots=True)
class Binding:
    """`strength` is required or extensible; weaker bindings are not kept, but for a maxValueSet or additional ones."""

    strength: str
    value_set: str
    origin: str
    additional: tuple[tuple[str, str], ...] = ()
    """Purpose (`required`, `maximum`, ...) and value set."""


class Item:
    """What a value must be: of `type`, with these properties, fixed or patterned values, binding and invariants."""

    def __init__(self, plans: Plans, tree: Tree, content: Tree | None, type_: str, inside: str) -> None:
        self._plans = plans
        self.tree = tree
        self.content = content
        self.type = type_
        self.inside = inside
        """Where FHIRPath finds the children's definitions: a type's name or a path in R4."""
        self.primitive: Primitive | None = CHECKS.get(type_)
        self.is_resource = type_ in ("Resource", "DomainResource")
        self.nested = tree is not content and r4.is_resource(type_)
        """True for a resource of a given type inside another."""
        self.is_element_id = tree.name == "id" and type_ == "string"
        facts = tree.facts
        self.fixed = _valued(facts, "fixed")
        self.pattern = _valued(facts, "pattern")
        self.least = _valued(facts, "minValue")
        self.most = _valued(facts, "maxValue")
        self.max_length: int | None = facts.get("maxLength")
        self.binding = _binding(facts.get("binding"), tree.origin)
        if _ambiguous(tree):
            self.binding = None
        self.targets: tuple[str, ...] = ()
        self.lacking = ""
        """The one profile of the type, where it isn't here."""
        self.aggregation: tuple[str, ...] = ()
        """For a Reference: where its target may be."""
        self.profiles: tuple[str, ...] = ()
        """Of which one must be met: several on one type, or those of a resource of any type."""
        self.fits: dict[str, tuple[str, ...]] = {}
        """For a Reference: each target type met so far to the target profiles for it."""
        self.clean: set[Any] = set()
        """For what is `recurring`: the values of which nothing is to be said."""
        self.asked = [each for each in facts.get("extension") or () if each.get("url") in _ASKING]
        """What the element's definition asks by extensions."""

    @cached_property
    def demands(self) -> tuple[Demand, ...]:
        """What is left to say of a value once its parts are sound: its own values, what it refers to, invariants."""
        asked = [*bindings.compiled(self)]
        if self.targets:
            asked.append(partial(references.leads if self.primitive else references.targets, item=self))
        if self.aggregation:
            asked.append(partial(references.kept, modes=self.aggregation))
        if self.lacking:
            asked.append(lambda walk, node: walk.lacking(node, self.lacking))
        if self.profiles:
            asked.append(lambda walk, node: walk.any_profile(node, self))
        if self.is_element_id:
            asked.append(rules.element_id)
        if self.invariants:
            asked.append(invariants.compiled(self.invariants))
        return tuple(asked)

    @cached_property
    def rule(self) -> Demand | None:
        """What the type asks of its values, whatever the element."""
        return rules.TYPES.get(self.type)

    @cached_property
    def invariants(self) -> tuple[Invariant, ...]:
        rows = [*(self.tree.facts.get("constraint") or ()), *_by_extension(self.tree.facts)]
        if self.content is not None and self.content is not self.tree:
            rows += self.content.facts.get("constraint") or ()
        found: dict[str, Invariant] = {}
        for row in rows:
            expression = row.get("expression")
            if expression and expression not in _ELSEWHERE and not row.get("best"):
                found.setdefault(expression, self._invariant(row, expression))
        return tuple(found.values())

    def _invariant(self, row: Facts, expression: str) -> Invariant:
        forms = schema(self.inside)
        names = needs(expression)
        known = all(name in forms for name in names)
        keys = [key for name in names for form in forms[name] for key in form[:2]] if known else []
        return Invariant(str(row.get("key")), str(row.get("severity")), expression, frozenset(keys))

    @cached_property
    def recurring(self) -> bool:
        """True for coded values of which only their codes matter: what was found of one holds for its like."""
        return self.type in ("Coding", "CodeableConcept") and not (
            _looks_around(self.tree) or self._content_looks_around
        )

    @property
    def _content_looks_around(self) -> bool:
        content = self.content
        return content is not None and content is not self.tree and _looks_around(content)

    @cached_property
    def simple(self) -> Primitive | None:
        """A check after which nothing is left to say of a primitive's value. Where it finds something a closer look is
        due, and always where there is none.
        """
        if self.primitive is None or self.asked or self.targets or self.profiles or self.is_element_id:
            return None
        if not (self.pattern is self.least is self.most is None) or (self.binding and self.binding.additional):
            return None
        tests = [native.RULES.get(each.expression) for each in self.invariants]
        if self.type == "xhtml":
            tests.append(narrative.plain)
        if self.fixed is not None:
            tests.append(partial(_is, self.fixed))
        if self.max_length is not None:
            tests.append(partial(_within, self.max_length))
        if self.binding is not None:
            allowed = partial(_allowed, self.binding, self._plans.terminology)
            if not tests:
                return _remembering(self.primitive, allowed)
            tests.append(allowed)
        return None if None in tests else _simple(self.primitive, [each for each in tests if each is not None])

    @cached_property
    def props(self) -> dict[str, Slot]:
        """JSON name to the property, its type's code (for choices), and its sibling's name."""
        found: dict[str, Slot] = {}
        for tree in self.children.values():
            if tree.name == "value" and self.primitive is not None:
                continue
            prop = Prop(self._plans, tree, self.inside)
            for key, type_ in prop.keys.items():
                found[key] = Slot(prop, type_, key)
        return found

    @cached_property
    def children(self) -> dict[str, Tree]:
        """The type's (or its profile's) children, and over them those that the element itself constrains."""
        inherited = self.content.children if self.content is not None else None
        return {**(inherited or {}), **(self.tree.children or {})}

    def choices_by_stem(self, name: str) -> Iterator[Prop]:
        """The choice elements that a property's name could belong to."""
        for tree in self.children.values():
            if tree.name.endswith("[x]") and name.startswith(tree.name[:-3]):
                yield Prop(self._plans, tree, self.inside)

    @cached_property
    def _all_props(self) -> tuple[Prop, ...]:
        return tuple(dict.fromkeys(slot.prop for slot in self.props.values()))

    @cached_property
    def required(self) -> tuple[Prop, ...]:
        return tuple(prop for prop in self._all_props if prop.min > 0)

    @cached_property
    def names(self) -> frozenset[str]:
        """A name of each required property: where all are there nothing is missing."""
        return frozenset(prop.name for prop in self.required)

    @cached_property
    def sliced(self) -> tuple[Prop, ...]:
        """Properties whose slices must be counted even where nothing is there."""
        return tuple(prop for prop in self._all_props if prop.min == 0 and prop.needs_slices)


def _by_extension(facts: Facts) -> Iterator[Facts]:
    """The constraints that an element's definition makes by extensions."""
    for each in facts.get("extension") or ():
        key, expression = _AS_EXPRESSIONS.get(str(each.get("url")), ("", ""))
        given = next((value for name, value in each.items() if name.startswith("value")), None)
        if key and type(given) in (str, int):
            text = "'{}'".format(given.replace("\\", "\\\\").replace("'", "\\'")) if isinstance(given, str) else given
            yield {"key": key, "severity": "error", "expression": expression.format(text)}


_AROUND = re.compile(r"%|\bresolve\(|\bchildren\(|\bdescendants\(|\btext\b|\bextension\b|\$")


def _looks_around(tree: Tree) -> bool:
    """Whether a coded value's definition asks more than its codes: of its text, its extensions, its surroundings."""
    facts = tree.facts
    own = any(_AROUND.search(str(row.get("expression"))) for row in facts.get("constraint") or () if _asks(row))
    valued = any(isinstance(v, dict) and "text" in v for k, v in facts.items() if k.startswith(("fixed", "pattern")))
    children = tree.children or {}
    below = [
        *children.values(),
        *tree.slices.values(),
        *(each for c in children.values() for each in c.slices.values()),
    ]
    return own or valued or _says_of_text(children) or any(map(_looks_around, below))


def _asks(row: Facts) -> bool:
    return row.get("expression") not in _ELSEWHERE


def _says_of_text(children: dict[str, Tree]) -> bool:
    text = children.get("text")
    return text is not None and (text.min > 0 or text.max == 0 or not _plain(text))


def _simple(check: Primitive, tests: list[Callable[[Any], bool]]) -> Primitive:
    """A primitive's check and tests in one."""
    if not tests:
        return check
    if len(tests) == 1:
        only = tests[0]
        return lambda value: check(value) or (None if only(value) else "?")
    return lambda value: check(value) or (None if all(test(value) for test in tests) else "?")


def _is(wanted: Any, value: Any) -> bool:
    return type(value) is type(wanted) and value == wanted


def _within(most: int, value: Any) -> bool:
    return type(value) is str and len(value) <= most


def _remembering(check: Primitive, allowed: Callable[[Any], bool]) -> Primitive:
    """Of texts that a binding allows nothing more is to be said the next time."""
    known: set[str] = set()

    def simple(value: Any) -> str | None:
        if type(value) is not str:
            return "?"
        if value in known:
            return None
        if check(value) or not allowed(value):
            return "?"
        if len(known) < _REMEMBERED:
            known.add(value)
        return None

    return simple


def _allowed(binding: Binding, terminology: Terminology, value: Any) -> bool:
    return type(value) is str and terminology.member(binding.value_set, None, value, binding.origin) is True


class Slot:
    """A JSON name of a property, with what a walk needs of it at once; made ready when it is first met."""

    __slots__ = (
        "choice",
        "code",
        "direct",
        "inside",
        "item",
        "key",
        "many",
        "prop",
        "ready",
        "sibling",
        "simple",
        "step",
    )

    def __init__(self, prop: Prop, code: str, key: str) -> None:
        self.prop, self.code, self.key, self.sibling = prop, code, key, "_" + key
        self.step = f"{prop.name}.ofType({code})" if prop.is_choice else prop.name
        self.many = prop.many
        self.choice = prop if prop.is_choice else None
        self.ready = False
        self.item: Item | None = None
        self.inside = code
        self.simple: Primitive | None = None
        """The check of a value where nothing else is to be said of the property."""
        self.direct: Item | None = None
        """The Item of objects that need no more than to be checked each by itself."""

    def prepare(self) -> None:
        self.ready = True
        self.item = self.prop.item(self.code)
        if self.item is not None:
            self.inside = self.item.inside
            if self.prop.plain:
                self.simple = self.item.simple
                alike = len(self.prop.types) == 1 or bool(self.code) or not self.prop.types
                if alike and self.item.primitive is None and self.inside != "Resource" and not self.prop.is_extension:
                    self.direct = self.item


class Prop:
    def __init__(self, plans: Plans, tree: Tree, inside: str) -> None:
        self._plans = plans
        self._inside = inside
        self.tree = tree
        self.name = tree.name.removesuffix("[x]")
        self.is_choice = tree.name.endswith("[x]")
        self.min = tree.min
        self.max = tree.max
        self.many = tree.many
        self.count = _count(tree)
        self._items: dict[str, Item | None] = {}
        self.is_extension = self.name in ("extension", "modifierExtension")
        self.alone = None if self.is_choice else (self.name, "_" + self.name)
        """The element's only names."""
        self.plain = not tree.slices and self.min < 2 and (self.max is None or (self.max == 1 and not self.many))
        """True where cardinality asks no more than the JSON form does."""
        self.types = [type_code(each, f"{inside}.{tree.name}") for each in tree.types]
        if self.is_choice:
            self.keys = {self.name + code[:1].upper() + code[1:]: code for code in self.types}
        else:
            self.keys = {self.name: ""}

    @cached_property
    def base_keys(self) -> dict[str, str]:
        """JSON names of every type that R4 itself allows, whatever a profile leaves."""
        if not self.is_choice:
            return self.keys
        stem = f"{self.name}[x]"
        return {key: each.types[0] for key, each in r4.children(self._inside).items() if each.choice == stem}

    def primitive(self, code: str) -> bool:
        """Whether values of this type are primitive: these may have a sibling with id and extensions."""
        return any(r4.is_primitive(each) for each in ([code] if code else self.types))

    def present(self, data: dict[str, Any]) -> bool:
        """Whether an object has the element, under any of its names."""
        if self.alone is not None:
            return self.alone[0] in data or self.alone[1] in data
        return any(key in data or "_" + key in data for key in self.keys)

    def item(self, code: str) -> Item | None:
        """The Item for a type's code; of the only type for an empty one."""
        if code not in self._items:
            facts = next((each for each in self.tree.types if code in (each.get("code"), "")), None)
            self._items[code] = self._plans.item(self.tree, facts, self._inside, self.key(code))
        return self._items[code]

    def key(self, code: str) -> str:
        return self.name + code[:1].upper() + code[1:] if self.is_choice else self.name

    def code(self, value: Any) -> str:
        """Which of several types a resource is meant to be of; empty where there is one type."""
        if self.is_choice or len(self.types) < 2:
            return ""
        kinds = lineage(type_of(value))
        return next((kind for kind in kinds if kind in self.types), "")

    @cached_property
    def slicing(self) -> Slicing | None:
        if not self.tree.slices:
            return None
        from conformance.fhir.slicing import Slicing

        return Slicing(self._plans, self.tree, self._inside)

    @property
    def needs_slices(self) -> bool:
        return any(each.min > 0 for each in self.tree.slices.values())


def _count(tree: Tree) -> Count:
    words = {"element": tree.name}
    few = f"{tree.name} ({tree.min} times)"
    return Count(
        least=tree.min, most=tree.max,
        none=Saying("FHIR-0004", words), few=Saying("FHIR-0004", {"element": few}),
        many=Saying("FHIR-0005", words), forbidden=Saying("FHIR-0006", words),
    )  # fmt: skip


class Plans:
    """Items of types and profiles over one registry, made once."""

    def __init__(self, registry: Registry, terminology: Terminology) -> None:
        self.registry = registry
        self.terminology = terminology
        self.codings: dict[tuple[str, str | None, str | None], tuple[Any, ...]] = {}
        """What was found of codings by system, code and display."""
        self.asked: dict[tuple[str, ...], list[Item]] = {}
        """The Items of the profiles that resources asked for."""
        self.snapshots = Snapshots(registry)
        self._types: dict[str, Item | None] = {}
        self._profiles: dict[str, Item | None] = {}

    def remember(self, key: tuple[str, ...], items: list[Item]) -> None:
        if len(self.asked) > _REMEMBERED:
            self.asked.clear()
        self.asked[key] = items

    def of_type(self, name: str) -> Item | None:
        """The Item of a type by its name."""
        if name not in self._types:
            tree = self.snapshots.of_type(name)
            self._types[name] = None if tree is None else Item(self, tree, tree, name, name)
        return self._types[name]

    def of_profile(self, definition: Definition) -> Item | None:
        key = f"{definition.canonical} {definition.origin}"
        if key not in self._profiles:
            tree = self.snapshots.tree(definition)
            name = str(definition.facts.get("type", "")).rpartition("/")[2]
            self._profiles[key] = None if tree is None else Item(self, tree, tree, name, name)
        return self._profiles[key]

    def item(self, tree: Tree, facts: Facts | None, inside: str, key: str) -> Item | None:
        """The Item of an element for one of its types; `inside` and `key` place it in R4."""
        element = r4.children(inside).get(key)
        where = element.inside if element is not None else key
        if reference := tree.facts.get("contentReference"):
            content = self.snapshots.content(tree)
            return Item(self, tree, content, "BackboneElement", str(reference).rpartition("#")[2])
        if facts is None:
            return Item(self, tree, self.snapshots.of_type("Element"), "Element", where) if not tree.types else None
        code = type_code(facts, f"{inside}.{tree.name}")
        profiles = tuple(facts.get("profile") or ())
        content = self._content(tree, code, profiles)
        shared = _shared(code) and _plain(tree) and not (tree.name == "id" and code == "string")
        if shared and not profiles and not _says_of_target(code, facts, inside):
            return self.of_type(code) or Item(self, tree, content, code, code)
        made = Item(self, tree, content, code, where or code)
        made.targets = tuple(facts.get("targetProfile") or ()) if _says_of_target(code, facts, inside) else ()
        made.aggregation = tuple(facts.get("aggregation") or ()) if code == "Reference" else ()
        made.profiles = profiles if len(profiles) > 1 or made.is_resource else ()
        if len(profiles) == 1 and code != "Extension" and not made.profiles:
            made.lacking = "" if self.registry.find("StructureDefinition", profiles[0], tree.origin) else profiles[0]
        return made

    def _content(self, tree: Tree, code: str, profiles: tuple[str, ...]) -> Tree | None:
        if len(profiles) == 1 and (found := self.snapshots.content(tree)) is not None and len(tree.types) == 1:
            return found
        if len(profiles) == 1 and (found := self.snapshots.of(profiles[0], tree.origin)) is not None:
            return found
        return self.snapshots.of_type(code)


def _says_of_target(code: str, facts: Facts, inside: str) -> bool:
    """Whether more is asked of what is referred to than by its type; the profiles in a Meta are looked up anyway."""
    refers = code == "Reference" or (code == "canonical" and inside != "Meta")
    return refers and bool(facts.get("targetProfile") or facts.get("aggregation"))


def _shared(code: str) -> bool:
    """True for types whose Item serves wherever nothing else is said: not a resource's of a given type."""
    return code in ("Resource", "DomainResource") or (
        code not in ("BackboneElement", "Element") and not r4.is_resource(code)
    )


def _plain(tree: Tree) -> bool:
    """True where an element says nothing of its values beyond their type."""
    facts = tree.facts
    return tree.children is None and not any(
        key in facts for key in ("binding", "constraint", "maxLength", "extension", "contentReference")
    ) and not any(key.startswith(("fixed", "pattern", "minValue", "maxValue")) for key in facts)  # fmt: skip


_BINDABLE = frozenset({"code", "Coding", "CodeableConcept", "Quantity", "string", "uri", "Duration"})


def _ambiguous(tree: Tree) -> bool:
    """True for a choice that leaves several types that can be bound: the binding doesn't say for which it is meant.

    R4's own vital signs profile binds component.value[x] to units, and publishes examples with coded values there.
    """
    return tree.name.endswith("[x]") and sum(str(each.get("code")) in _BINDABLE for each in tree.types) > 1


def type_code(facts: Facts, ident: str) -> str:
    """A type's code as R4 names it; what is typed by FHIRPath's System types is given its FHIR type."""
    code = str(facts.get("code", ""))
    if not code.startswith(_SYSTEM):
        return code
    name = ident.rpartition(".")[2]
    if name == "id" and r4.is_resource(ident.partition(".")[0]) and ident.count(".") == 1:
        return "id"
    return str(next((each.get("valueUrl", "string") for each in facts.get("extension", ())), "string"))


def _valued(facts: Facts, prefix: str) -> Any:
    """The value of `fixedX`, `patternX`, ...; None without one."""
    return next((value for key, value in facts.items() if key.startswith(prefix)), None)


def _binding(facts: Facts | None, origin: str) -> Binding | None:
    if not facts:
        return None
    additional = [(str(each.get("purpose")), str(each.get("valueSet"))) for each in facts.get("additional", ())]
    for extension in facts.get("extension", ()):
        if extension.get("url") == _MAX_VALUE_SET:
            url = extension.get("valueCanonical") or extension.get("valueUri") or extension.get("valueReference")
            additional.append(("maximum", str(url)))
        elif extension.get("url") == _ADDITIONAL:
            parts = {each.get("url"): next((v for k, v in each.items() if k.startswith("value")), None)
                     for each in extension.get("extension", ())}  # fmt: skip
            additional.append((str(parts.get("purpose")), str(parts.get("valueSet"))))
    strength = str(facts.get("strength"))
    if strength not in ("required", "extensible") and not additional:
        return None
    return Binding(strength, str(facts.get("valueSet", "")), origin, tuple(additional))
