"""C-CDA's side of the map compiler for writing: scopes whose lines write elements (`adapters.formats.ccda.made`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from adapters.formats.ccda.paths import ATTRIBUTE, parse
from conformance.syntax import Code, PathError


@dataclass(slots=True)
class CcdaWrite:
    """Writes into an element."""

    code: Code
    var: str
    inside: str = ""
    parent: CcdaWrite | None = None

    def filled(self) -> str:
        return f"{self.var}.full"

    def _steps(self, path: str) -> str:
        return self.code.constant(parse(path))

    def put(self, path: str, expression: str, *, gives: str = "", many: bool = False, weak: bool = False) -> None:
        del gives, many
        call = f"{self.var}.put({self._steps(path)}, {expression}, {weak})"
        self.code.add(call if weak else f"if not {call}: R.conflict({path!r})")

    def put_whole(self, path: str, expression: str) -> None:
        raise PathError("a whole field is HL7 v2's")

    def typed(self, path: str, value: Any) -> Any:
        """A constant: a text, or the attributes of an element."""
        if isinstance(value, dict) and parse(path)[-1:] and parse(path)[-1][0] == ATTRIBUTE:
            raise PathError("an attribute holds a text")
        return value

    def constant(self, path: str, value: Any) -> str:
        return repr(value)

    def plan_constants(self, values: dict[str, Any]) -> None:
        """Constants that `put_constants` will write."""

    def put_constants(self, values: dict[str, Any]) -> None:
        for path, value in values.items():
            self.code.add(f"{self.var}.constant({self._steps(path)}, {value!r})")

    def absent(self, path: str, original: str) -> None:
        raise PathError("a code that a table doesn't know is left out")

    def child(self, path: str) -> CcdaWrite:
        var = self.code.new("x")
        self.code.add(f"{var} = {self.var}.child({self._steps(path)})")
        return CcdaWrite(self.code, var, path, self)

    def attach(self, path: str, child: CcdaWrite, *, repeats: bool = False) -> None:
        """`repeats`: the element is one of several."""
        more = ", True" if repeats else ""
        self.code.add(f"{self.var}.attach({self._steps(path)}, {child.var}{more})")

    def context(self, name: str, after: tuple[str, ...], members: tuple[str, ...] = ()) -> CcdaWrite:
        """A new element; without a path the same one in a new context."""
        if after or members:
            raise PathError("elements stand in the order of the schema")
        var = self.code.new("x")
        call = f"context({self._steps(name)})" if name else "fresh()"
        self.code.add(f"{var} = {self.var}.{call}")
        return CcdaWrite(self.code, var, name, self)

    def stands_for(self, resource: str) -> None:
        """The element is what becomes of a resource."""
        self.code.add(f"{self.var}.stands_for({resource})")

    def tell(self, narrative: Any) -> None:
        """What the narrative tells of the element."""
        self.code.add(f"{self.var}.tell({self.code.constant(narrative)})")

    def refer(self, path: str, resource: str) -> None:
        """An element that stands for what becomes of another resource."""
        self.code.add(f"if {resource} is not None: {self.var}.refer({self._steps(path)}, {resource})")

    def later(self, path: str, name: str, url: str) -> None:
        raise PathError("documents have no references to resources")

    def type_at(self, path: str) -> str:
        return ""

    def describe(self, path: str) -> str:
        return path if path == "." else f".{path}"
