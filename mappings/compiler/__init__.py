"""Compiles a linked map for one direction into the source of a Python module.

`run(S, R, D)` reads the source `S`, keeps its state in the run `R` (mappings.run) and writes the target `D`. Each
rule's lines are preceded by a comment with its file and line, so that a traceback leads to the map. What each rule
reads is recorded as `Cover`s: with the notes of a run they give the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.issue import Issue
from mappings.compiled import Compiled, Cover
from mappings.compiler import branches, contexts, tables, values
from mappings.compiler.compilation import Compilation, RuleCompiler
from mappings.form import Map

KINDS: dict[str, RuleCompiler] = {
    "value": values.value,
    "each": contexts.each,
    "make": tables.make,
    "rows": tables.rows,
    "set": branches.constants,
    "ref": branches.reference,
    "made": branches.made,
    "choice": branches.choice,
    "cases": branches.cases,
    "ignore": branches.ignore,
    "inline": branches.inline,
    "profile": branches.profile,
}


def compile_map(
    linked: Map, read: str, write: str, syntaxes: dict[str, Any], conversions: Mapping[str, Any]
) -> tuple[Compiled, tuple[Issue, ...]]:
    """The generated sources of one direction, in every variant that the source's format has, and lint's findings."""
    sources: dict[str, str] = {}
    covers: tuple[Cover, ...] = ()
    for variant in syntaxes[read].variants:
        made = Compilation(linked, (read, write), syntaxes, conversions, variant, KINDS)
        covers = made.compile()
        sources[variant] = made.module.source()
    compiled = Compiled(sources, tuple(made.sites), covers, made.part_covers, tuple(sorted(made.used)))
    return compiled, tuple(made.issues)


__all__ = ["compile_map"]
