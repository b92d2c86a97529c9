"""Writes the source of one generated module: functions with scopes, constants and fresh names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from mappings.slots import shared


@dataclass(slots=True)
class Module:
    """A module that is being written. Constants are literals by `repr`; equal ones are shared."""

    constants: dict[str, str] = field(default_factory=dict)
    functions: list[Function] = field(default_factory=list)
    by_name: dict[str, Function] = field(default_factory=dict)
    shared: dict[tuple[str, ...], str] = field(default_factory=dict)
    """By parameters and lines: the functions of what a format reads."""
    count: int = 0

    def new(self, stem: str) -> str:
        self.count += 1
        return f"{stem}{self.count}"

    def constant(self, value: Any) -> str:
        text = repr(value)
        if text not in self.constants:
            self.constants[text] = f"K{len(self.constants)}"
        return self.constants[text]

    def sharing(self, parameters: str, lines: Iterable[str]) -> str:
        """The name of a function of these lines; equal ones are one."""
        key = (parameters, *lines)
        if key not in self.shared:
            self.shared[key] = name = f"f{len(self.shared)}"
            made = self.function(name, parameters)
            for line in key[1:]:
                made.add(line)
        return self.shared[key]

    def lines_of(self, name: str) -> Iterator[str]:
        """The lines of a function that is complete."""
        yield from self.by_name[name].text()

    def function(self, name: str, parameters: str) -> Function:
        made = Function(self, 0)
        made.add(f"def {name}({parameters}):")
        made.depth = 1
        self.by_name[name] = made
        self.functions.append(made)
        return made

    def source(self) -> str:
        head = [f"{name} = {text}" for text, name in self.constants.items()]
        lines = (line for each in self.functions for line in shared([*_chained(each.text())], self.by_name))
        return "\n".join([*head, *lines]) + "\n"


_EMPTY = re.compile(r"( +)([a-z]+[0-9]+)( = None| = False)")


def _chained(lines: Iterable[str]) -> Iterator[str]:
    """Lines, those in a row that set variables to the same nothing as one: `h1 = h2 = None`."""
    indent, names, value = "", "", ""
    for line in lines:
        match = _EMPTY.fullmatch(line)
        if match and names and (match[1], match[3]) == (indent, value):
            names += f" = {match[2]}"
            continue
        if names:
            yield indent + names + value
        indent, names, value = match.groups() if match else ("", "", "")
        if not match:
            yield line
    if names:
        yield indent + names + value


@dataclass(slots=True)
class Function:
    """Lines at a depth, among them holds that are filled later."""

    module: Module
    depth: int
    lines: list[str | Function | tuple[int, Callable[[], str]]] = field(default_factory=list)
    known: list[dict[str, str]] = field(default_factory=lambda: [{}])
    """By open block, outermost first: what was read there, and the variable that holds it."""

    def add(self, line: str | Callable[[], str]) -> None:
        """A line, or what gives it (empty: none) once everything is compiled."""
        self.lines.append("    " * self.depth + line if isinstance(line, str) else (self.depth, line))

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        self.add(head)
        self.depth += 1
        self.known.append({})
        before = len(self.lines)
        yield
        self.known.pop()
        if not any(isinstance(line, str) for line in self.lines[before:]):
            self.add("pass")  # holds alone may stay empty
        self.depth -= 1

    def held(self, what: str) -> str:
        """The variable into which this was read on every way to this point; empty when there is none."""
        return next((block[what] for block in self.known if what in block), "")

    def keep(self, what: str, var: str) -> None:
        self.known[-1][what] = var

    def hold(self) -> Function:
        made = Function(self.module, self.depth)
        self.lines.append(made)
        return made

    def new(self, stem: str) -> str:
        return self.module.new(stem)

    def constant(self, value: Any) -> str:
        return self.module.constant(value)

    def function(self, parameters: str, lines: Iterable[str]) -> str:
        return self.module.sharing(parameters, lines)

    def text(self) -> Iterator[str]:
        for line in self.lines:
            if isinstance(line, Function):
                yield from line.text()
            elif isinstance(line, tuple):
                if late := line[1]():
                    yield "    " * line[0] + late
            else:
                yield line
