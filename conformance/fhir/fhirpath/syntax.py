"""FHIRPath text to a tree of `Call`, `Name`, `Literal` and `Operation`: the grammar of FHIRPath N1 (HL7, 2020).

Numbers of the precedence table are the specification's order (section 6.8), greater binds tighter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NoReturn

from conformance.document import Unreadable


class FhirPathError(Unreadable):
    """An expression that isn't FHIRPath, or that can't be evaluated on this data."""


@dataclass(frozen=True, slots=True)
class Literal:
    value: Any
    """str, int, bool, None for `{}`, or `(kind, text...)` of a decimal, time or quantity."""


@dataclass(frozen=True, slots=True)
class Name:
    """`name`, `$this`, or `%name`."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """`.` and `[]`, unary `-`, and the binary operators by their words."""

    operator: str
    parts: tuple[Node, ...]


Node = Literal | Name | Call | Operation

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<time>@(?:T[\d:.]+|\d{4}(?:-\d\d(?:-\d\d)?)?(?:T(?:\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?(?:Z|[+-]\d\d:\d\d)?)?)?))
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<string>'(?:[^'\\]|\\.)*')
    |(?P<constant>%(?:[A-Za-z_][\w\-]*|`(?:[^`\\]|\\.)*`|'(?:[^'\\]|\\.)*'))
    |(?P<special>\$(?:this|index|total))
    |(?P<quoted>`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*")
    |(?P<name>[A-Za-z_]\w*)
    |(?P<sign><=|>=|!=|!~|[-+*/&|<>=~.,()\[\]{}])""",
    re.VERBOSE | re.DOTALL,
)

_BINARY = {
    "*": 10, "/": 10, "div": 10, "mod": 10, "+": 9, "-": 9, "&": 9, "is": 8, "as": 8, "|": 7,
    "<=": 6, "<": 6, ">": 6, ">=": 6, "=": 5, "~": 5, "!=": 5, "!~": 5, "in": 4, "contains": 4,
    "and": 3, "or": 2, "xor": 2, "implies": 1,
}  # fmt: skip
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}
_UNITS = {
    f"{unit}{s}": unit
    for unit in ("year", "month", "week", "day", "hour", "minute", "second", "millisecond")
    for s in ("", "s")
}
LONGEST = 20_000
DEEPEST = 100


def unescape(text: str) -> str:
    """A quoted text without its quotes and escapes."""
    return re.sub(
        r"\\(u[0-9A-Fa-f]{4}|.)",
        lambda m: chr(int(m[1][1:], 16)) if len(m[1]) > 1 else _ESCAPES.get(m[1], m[1]),
        text[1:-1],
        flags=re.DOTALL,
    )


def parse(text: str) -> Node:
    """The tree of an expression; `FhirPathError` naming the column where it isn't one."""
    if len(text) > LONGEST:
        raise FhirPathError("the expression is too long")
    parser = _Parser(text)
    tree = parser.expression(0)
    if parser.kind:
        parser.fail()
    return tree


class _Parser:
    def __init__(self, text: str) -> None:
        self.text, self.at, self.depth = text, 0, 0
        self.kind = self.word = ""
        self.next()

    def next(self) -> str:
        """Moves to the next token; gives the word of the one before."""
        before = self.word
        while True:
            match = _TOKEN.match(self.text, self.at)
            if match is None:
                if self.at < len(self.text):
                    self.fail()
                self.kind = self.word = ""
                return before
            self.at = match.end()
            if match.lastgroup != "space":
                self.kind, self.word = match.lastgroup or "", match.group()
                return before

    def fail(self) -> NoReturn:
        raise FhirPathError(f"not FHIRPath near column {max(self.at - len(self.word), 0) + 1}")

    def take(self, word: str) -> bool:
        if self.word != word or self.kind not in ("sign", "name"):
            return False
        self.next()
        return True

    def expect(self, word: str) -> None:
        if not self.take(word):
            self.fail()

    def expression(self, least: int) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise FhirPathError("the expression is too deeply nested")
        left = self.unary()
        while self.kind in ("sign", "name") and _BINARY.get(self.word, -1) > least:
            operator = self.next()
            if operator in ("is", "as"):
                left = Operation(operator, (left, Name(self.type_name())))
            else:
                left = Operation(operator, (left, self.expression(_BINARY[operator])))
        self.depth -= 1
        return left

    def type_name(self) -> str:
        parts = [self.identifier()]
        while self.take("."):
            parts.append(self.identifier())
        return ".".join(parts)

    def identifier(self) -> str:
        if self.kind == "quoted":
            return unescape(self.next())
        if self.kind != "name":
            self.fail()
        return self.next()

    def unary(self) -> Node:
        if self.take("-"):
            return Operation("negate", (self.unary(),))
        if self.take("+"):
            return self.unary()
        return self.postfix(self.term())

    def postfix(self, node: Node) -> Node:
        while True:
            if self.take("."):
                node = Operation(".", (node, self.invocation()))
            elif self.take("["):
                node = Operation("[]", (node, self.expression(0)))
                self.expect("]")
            else:
                return node

    def invocation(self) -> Node:
        if self.kind == "special":
            return Name(self.next())
        name = self.identifier()
        if not self.take("("):
            return Name(name)
        arguments: list[Node] = []
        while not self.take(")"):
            if arguments:
                self.expect(",")
            arguments.append(self.expression(0))
        return Call(name, tuple(arguments))

    def term(self) -> Node:
        if self.take("("):
            inner = self.expression(0)
            self.expect(")")
            return inner
        if self.take("{"):
            self.expect("}")
            return Literal(None)
        if self.kind == "string":
            return Literal(unescape(self.next()))
        if self.kind == "number":
            return self.number()
        if self.kind == "time":
            return Literal(("time", self.next()[1:]))
        if self.kind == "constant":
            word = self.next()[1:]
            return Name("%" + (unescape(word) if word[0] in "`'" else word))
        if self.kind == "name" and self.word in ("true", "false"):
            return Literal(self.next() == "true")
        return self.invocation()

    def number(self) -> Node:
        text = self.next()
        if self.kind == "string":
            return Literal(("quantity", text, unescape(self.next())))
        if self.kind == "name" and self.word in _UNITS:
            return Literal(("quantity", text, _UNITS[self.next()]))
        return Literal(("decimal", text) if "." in text else int(text))
