"""What paths of tables are made of, and what is known of the columns they may name."""

from __future__ import annotations

import re
from collections.abc import Callable

SPLIT = re.compile(r"(.*)\[(.+)\]")
"""A column whose cells are split: `Needs[;]`."""

OF_ROW = "row "
"""How the type of a row begins, for a part that reads one."""

Problem = Callable[[str, str], str]
"""Why nothing can ever stand in a table, or in its column; empty where something can, or nobody knows."""


def nothing_known(table: str, column: str = "") -> str:
    """The problem of tables whose columns nobody knows: none."""
    del table, column
    return ""
