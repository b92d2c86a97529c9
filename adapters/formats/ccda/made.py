"""A clinical document that is being written: light elements, and the scopes in which generated source writes them.

A path's steps are found or made once per scope; its tests are stamps: `entryRelationship[@typeCode=RSON]/observation`
makes an entryRelationship of that type, `[template=OID]` a templateId. What repeats (`child`, `context`) is always a
new element, with the relationship that it hangs on.
"""

from __future__ import annotations

from copy import copy
from typing import Any

from adapters.formats.ccda.paths import ATTRIBUTE, CHILD, EQUALS, FUNCTION, INDEX, OUTWARD, PARENT, ROOT, TEMPLATE, Step

Steps = tuple[Step, ...]

_WRAPPERS = frozenset(("entry", "entryRelationship", "component", "section"))
"""Elements that hold one other each: what repeats has one of its own."""

_PRODUCT = frozenset(("consumable", "manufacturedProduct", "manufacturedMaterial"))
"""Elements of which there is one."""

_ROLES = _WRAPPERS | {"documentationOf", "participant", "performer", "referenceRange", "responsibleParty"}
"""Elements that hold one other each where what they hold is one of several."""


class Made:
    """One element. `row` tells its narrative, `resource` is what it was made of, `refers` what it stands for, `div` a
    narrative in XHTML, `heading` what stands above it, `tail` the text behind it in a narrative."""

    __slots__ = ("attributes", "children", "div", "full", "heading", "name", "parent", "refers", "resource", "row",
                 "tail", "text")  # fmt: skip

    def __init__(self, name: str, parent: Made | None = None) -> None:
        self.name = name
        self.parent = parent
        self.attributes: dict[str, str] = {}
        self.children: list[Made] = []
        self.text = ""
        self.div = ""
        self.heading = ""
        self.tail = ""
        self.full = False
        self.row: Any = None
        self.resource: Any = None
        self.refers: Any = None

    def mark(self) -> None:
        """Something was written here, so that the elements around are kept."""
        node: Made | None = self
        while node is not None and not node.full:
            node.full = True
            node = node.parent

    def add(self, name: str) -> Made:
        made = Made(name, self)
        self.children.append(made)
        return made

    def first(self, *names: str) -> Made | None:
        """The first element at a path of names."""
        found: Made | None = self
        for name in names:
            found = next((each for each in found.children if each.name == name), None) if found else None
        return found

    def every(self, name: str) -> list[Made]:
        return [each for each in self.children if each.name == name]

    def within(self) -> list[Made]:
        """This element and all below it, in document order."""
        found = [self]
        for child in self.children:
            found += child.within()
        return found

    def claims(self, template: str) -> bool:
        return any(each.attributes.get("root") == template for each in self.every("templateId"))

    def twin(self, parent: Made | None) -> Made:
        """A copy, with all below it."""
        made = copy(self)
        made.parent = parent
        made.attributes = dict(self.attributes)
        made.children = [each.twin(made) for each in self.children]
        return made


class Scope:
    """Where paths are written: an element, and what this context has made below it."""

    __slots__ = ("made", "node")

    def __init__(self, node: Made) -> None:
        self.node = node
        self.made: dict[Steps, Made] = {}

    @property
    def full(self) -> bool:
        return self.node.full

    def fresh(self) -> Scope:
        """The same element in a new context: what it holds more than once gets elements of its own."""
        return Scope(self.node)

    def put(self, steps: Steps, value: Any, weak: bool) -> bool:
        """Writes a text or an attribute; False when another value stands there (nothing is said of it when `weak`)."""
        last = steps[-1] if steps else None
        if last is None or last[0] == CHILD:
            node = self._at(steps)
            if node.text and node.text != _text(value):
                return weak
            node.text = _text(value)
        elif last[0] == FUNCTION:
            node = self._at(steps[:-1])
            node.div = str(value)
        else:
            node = self._at(steps[:-1])
            if node.attributes.setdefault(last[1], _text(value)) != _text(value):
                return weak
        node.mark()
        return True

    def constant(self, steps: Steps, value: Any) -> None:
        """A text, an attribute, or attributes of an element (an object), where nothing is yet."""
        if isinstance(value, dict):
            node, depth = self._reached(steps)
            if _lacking(node, depth == len(steps)) or ("code" in value and depth == len(steps) and _translated(node)):
                node = self._made(steps, node, depth)
                node.attributes.update({name: _text(each) for name, each in value.items()})
                node.mark()
        elif steps[-1][:2] == (ATTRIBUTE, "nullFlavor"):
            node, depth = self._reached(steps[:-1])
            if _lacking(node, depth == len(steps) - 1):
                node = self._made(steps[:-1], node, depth)
                node.attributes["nullFlavor"] = _text(value)
                node.mark()
        else:
            self.put(steps, value, True)

    def _reached(self, steps: Steps) -> tuple[Made, int]:
        """How far a path leads among what is there, whoever made it."""
        node = self.node
        for depth, step in enumerate(steps):
            if step[0] != CHILD:
                node = _elsewhere(step, node)
                continue
            found = self.made.get(steps[: depth + 1]) or next(
                (each for each in node.children if each.name == step[1] and fits(each, step[2])), None
            )
            if found is None:
                return node, depth
            node = found
        return node, len(steps)

    def _made(self, steps: Steps, node: Made, depth: int) -> Made:
        """The element at a path of which a part is there."""
        for here in range(depth, len(steps)):
            below = _stamped(steps[here], node)
            node.children.append(below)
            self.made.setdefault(steps[: here + 1], below)
            node = below
        return node

    def child(self, steps: Steps) -> Scope:
        """An element for a path that isn't there before `attach`."""
        if not steps:
            return Scope(Made(self.node.name, self.node.parent))
        return Scope(_stamped(steps[-1], self.node))

    def attach(self, steps: Steps, child: Scope, repeats: bool = False) -> None:
        """Puts an element where it belongs; one of several (`repeats`) with all that belongs to it alone."""
        node = child.node
        if not steps:
            self._absorb(node)
            return
        holder = self._holder(steps, _ROLES if repeats else _WRAPPERS)
        index = next((test[2] for test in steps[-1][2] if test[0] == INDEX), 0)
        node.parent = holder
        holder.children.insert(len(holder.children) if index != 1 else _before(holder, node.name), node)
        self.made.setdefault(steps, node)
        holder.mark()

    def context(self, steps: Steps) -> Scope:
        """A new element, at once."""
        holder = self._holder(steps)
        node = _stamped(steps[-1], holder)
        holder.children.append(node)
        return Scope(node)

    def stands_for(self, resource: Any) -> None:
        """Says of which resource the element is made, for references to it."""
        self.node.resource = resource

    def tell(self, row: Any) -> None:
        """Says what the narrative tells of the element."""
        self.node.row = row

    def refer(self, steps: Steps, resource: Any) -> None:
        """An element that stands for what becomes of another resource."""
        made = self.context(steps)
        made.node.refers = resource
        made.node.mark()

    def copy(self) -> Made:
        """What was written, to be written again elsewhere."""
        return self.node.twin(None)

    def take(self, known: Made) -> None:
        self._absorb(known.twin(None))

    def _absorb(self, node: Made) -> None:
        _join(self.node, node)
        if node.full:
            self.node.mark()

    def _at(self, steps: Steps) -> Made:
        """The element at a path, made as far as this context has not made it."""
        node = self.node
        for depth, step in enumerate(steps):
            key = steps[: depth + 1]
            if step[0] in (CHILD,):
                if key not in self.made:
                    self.made[key] = _stamped(step, node)
                    node.children.append(self.made[key])
                node = self.made[key]
            else:
                node = _elsewhere(step, node)
        return node

    def _holder(self, steps: Steps, wrappers: frozenset[str] = _WRAPPERS) -> Made:
        """The element that a new one for a path hangs on: below a new relationship, where the path has one."""
        start = _relationship(steps, wrappers)
        if start is None:
            return self._at(steps[:-1])
        node = self._at(steps[:start])
        for step in steps[start:-1]:
            below = _stamped(step, node)
            node.children.append(below)
            node = below
        return node


def _join(mine: Made, other: Made) -> None:
    """Puts what is told elsewhere of an element into it; a product has one material, whoever tells of it."""
    for name, value in other.attributes.items():
        mine.attributes.setdefault(name, value)
    mine.text = mine.text or other.text
    mine.full = mine.full or other.full
    for child in other.children:
        known = mine.first(child.name) if child.name in _PRODUCT else None
        if known is not None:
            _join(known, child)
        elif child.name != "templateId" or not mine.claims(child.attributes.get("root", "")):
            child.parent = mine
            mine.children.append(child)


def _lacking(node: Made, there: bool) -> bool:
    """True when nothing is said at a path, and nothing on the way to it is a value or unknown."""
    if not there:
        return "value" not in node.attributes and "nullFlavor" not in node.attributes
    return not node.attributes and not node.text and not [each for each in node.children if each.full]


def _translated(node: Made) -> bool:
    """True for a coded element that has nothing but translations."""
    return not node.attributes and all(each.name == "translation" for each in node.children)


def reach(node: Made, steps: Steps) -> list[Made]:
    """The elements at a path of children."""
    nodes = [node]
    for kind, name, tests in steps:
        if kind == CHILD:
            nodes = [kid for each in nodes for kid in each.children if name in ("*", kid.name) and fits(kid, tests)]
    return nodes


def there(node: Made, steps: Steps) -> bool:
    """Whether something is at a path: elements, or an attribute of one."""
    if steps[-1][0] == ATTRIBUTE:
        return any(steps[-1][1] in each.attributes for each in reach(node, steps[:-1]))
    return bool(reach(node, steps))


def fits(node: Made, tests: tuple[Any, ...]) -> bool:
    """True when an element meets the tests of a step."""
    for test in tests:
        if test[0] == TEMPLATE:
            met = any(node.claims(root) for root in test[2])
        elif test[0] == EQUALS:
            *path, (_, name, _) = test[2]
            met = any(each.attributes.get(name) in test[3] for each in reach(node, tuple(path)))
        else:
            met = test[0] == INDEX or there(node, test[2])
        if met is test[1]:
            return False
    return True


def _relationship(steps: Steps, wrappers: frozenset[str]) -> int | None:
    """Where what is new begins: the entry, if it isn't a shared one (`entry[1]`), or the innermost relationship."""
    holders = [depth for depth in range(len(steps) - 1) if steps[depth][1] in wrappers and steps[depth][1] != "section"]
    if not holders:
        return None
    first = steps[holders[0]]
    shared = any(test[0] == INDEX for test in first[2])
    return holders[0] if first[1] == "entry" and not shared else holders[-1]


def _stamped(step: Step, parent: Made) -> Made:
    """A new element with what the tests of its step say."""
    node = Made(step[1], parent)
    for test in step[2]:
        if test[1]:
            continue
        if test[0] == TEMPLATE:
            made = node.add("templateId")
            made.attributes["root"] = test[2][0]
        elif test[0] == EQUALS:
            Scope(node).constant(test[2], test[3][0])
    node.full = False
    return node


def _elsewhere(step: Step, node: Made) -> Made:
    """The parent, the document, or the nearest element of a name around."""
    found: Made | None = node
    if step[0] == PARENT:
        found = node.parent
    elif step[0] == ROOT:
        while found is not None and found.parent is not None:
            found = found.parent
    elif step[0] == OUTWARD:
        found = node.parent
        while found is not None and found.name != step[1]:
            found = found.parent
    return found if found is not None else node


def _before(holder: Made, name: str) -> int:
    """Where the first of a name goes."""
    return next((number for number, each in enumerate(holder.children) if each.name == name), len(holder.children))


def _text(value: Any) -> str:
    if value is True or value is False:
        return "true" if value else "false"
    return " ".join(str(value).split()) if isinstance(value, str) and "\n" not in value else str(value)


__all__ = ["ATTRIBUTE", "Made", "Scope", "fits", "reach"]
