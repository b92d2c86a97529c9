"""Variables that share a name: the function does the same, with fewer of them."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mappings.slots import MOST, shared

Block = list[Any]

BLOCKS = st.recursive(
    st.lists(st.integers(0, 30), max_size=4),
    lambda inner: st.lists(st.one_of(st.integers(0, 30), st.tuples(st.sampled_from(("for", "if")), inner)), max_size=5),
    max_leaves=40,
)


def written(block: Block, known: list[str], depth: int, count: list[int]) -> list[str]:
    """A block's lines: each number reads one of the variables that are known on every way here, and makes another;
    those from outside a loop are changed in it too."""
    indent, known, lines = "    " * depth, list(known), []
    for item in block:
        count[0] += 1
        if isinstance(item, int):
            read = known[item % len(known)]
            lines.append(f"{indent}v{count[0]} = {read} + {item}; out.append(v{count[0]})")
            if item % 3 == 0:
                lines.append(f"{indent}{read} = {read} + 'v1'.count('v')")
            known.append(f"v{count[0]}")
        else:
            word, inner = item
            target = f"n{count[0]}"
            head = f"for {target} in (1, 2, 3):" if word == "for" else f"if {known[-1]} % 2:"
            body = written(inner, [*known, target] if word == "for" else known, depth + 1, count)
            lines += [indent + head, *(body or [indent + "    pass"])]
    return lines


def outcome(lines: list[str]) -> tuple[list[int], int]:
    space: dict[str, Any] = {}
    exec("\n".join(lines), space)
    out: list[int] = []
    space["made"](out)
    return out, space["made"].__code__.co_nlocals


@given(BLOCKS)
def test_what_is_alive_keeps_its_own(block: Block) -> None:
    filler = [f"    x{number} = {number}" for number in range(MOST)]
    body = written(block, ["v0"], 1, [0])
    lines = ["def made(out):", *filler, "    v0 = 1", *body, "    # v0 = 9", "    out.append(v0)"]
    before, many = outcome(lines)
    after, few = outcome(shared(lines, ()))
    assert after == before
    assert few <= many - MOST + 1


def test_names_of_functions_and_texts_stay() -> None:
    lines = ["def made(out):", *(f"    v{number} = p1('v{number} it\\'s \"v1\"')" for number in range(MOST + 1))]
    kept = shared(lines, {"p1"})
    assert kept[1:4] == [f"    v1 = p1('v{number} it\\'s \"v1\"')" for number in range(3)]
    assert shared(lines[:20], {"p1"}) == lines[:20]
