"""`small`: a map from its rules, in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.mappings.small import HEAD, Small, write

MakeSmall = Callable[..., Small]


@pytest.fixture
def small(tmp_path: Path) -> MakeSmall:
    def make(text: str, head: str = HEAD) -> Small:
        return write(tmp_path, text, head=head)

    return make
