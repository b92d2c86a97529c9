"""What compiling gave, kept between processes, by a hash of everything it came from.

The folder is only trusted when it belongs to this user alone, as Python trusts its `__pycache__`: what is in it runs.
"""

from __future__ import annotations

import json
import marshal
import os
import sys
import tempfile
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import CodeType
from typing import Any

from conformance.cache import folder
from mappings.compiled import Compiled, Cover, Site


@cache
def _version() -> str:
    """A hash of the compiler and of the formats' syntaxes: another compiler is another cache."""
    state = sha256()
    here = Path(__file__).parent
    roots = (here, here.parent / "adapters" / "formats", here.parent / "conformance" / "syntax.py")
    for root in roots:
        for path in sorted(root.rglob("*.py")) if root.is_dir() else [root]:
            state.update(path.read_bytes())
    return state.hexdigest()[:16]


def _path(name: str) -> Path | None:
    home = folder()
    return None if home is None else home / sha256(name.encode()).hexdigest()


def load(name: str) -> Any:
    """What was stored under a name; None when nothing was, or what is there can't be read."""
    path = _path(f"{_version()} {name}")
    if path is None:
        return None
    try:
        return _decoded(json.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def code(name: str, source: str, filename: str) -> CodeType:
    """The byte code of generated source; kept like Python's own `__pycache__`, per interpreter."""
    path = _path(f"{sys.implementation.cache_tag} {sha256(source.encode()).hexdigest()} {name}")
    if path is not None:
        try:
            kept = marshal.loads(path.read_bytes())  # noqa: S302 (our own folder, see above)
            if isinstance(kept, CodeType):
                return kept
        except (OSError, ValueError, EOFError, TypeError):
            pass  # nothing kept, or not by this interpreter: compile it
    made = compile(source, filename, "exec")
    if path is not None:
        _write(path, marshal.dumps(made))
    return made


def store(name: str, value: Any) -> None:
    """Keeps a value; a cache that can't be written is no error."""
    path = _path(f"{_version()} {name}")
    if path is not None:
        _write(path, json.dumps(_encoded(value)).encode())


def _write(path: Path, data: bytes) -> None:
    """All or nothing, so that two processes can't spoil each other's file."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(data)
        os.replace(file.name, path)
    except OSError:
        return


def _encoded(value: Any) -> Any:
    if isinstance(value, Compiled):
        return {
            "sources": value.sources,
            "sites": [[site.line, site.targets, site.path, site.words, site.quiet] for site in value.sites],
            "covers": [_cover(each) for each in value.covers],
            "parts": {name: [_cover(each) for each in part] for name, part in value.parts.items()},
            "conversions": value.conversions,
        }
    return value


def _cover(cover: Cover) -> list[Any]:
    below = [_cover(each) for each in cover.below]
    return [cover.where, cover.site, cover.targets, below, cover.claims, cover.part, cover.ignored, cover.once]


def _decoded(value: Any) -> Any:
    if isinstance(value, dict) and "sources" in value:
        return Compiled(
            sources=value["sources"],
            sites=tuple(Site(*_tuples(site)) for site in value["sites"]),
            covers=tuple(_covered(each) for each in value["covers"]),
            parts={name: tuple(_covered(each) for each in part) for name, part in value["parts"].items()},
            conversions=tuple(value["conversions"]),
        )
    return value


def _covered(value: list[Any]) -> Cover:
    where, site, targets, below, claims, part, ignored, once = value
    return Cover(
        _tuples(where), site, tuple(targets), tuple(_covered(each) for each in below), claims, part, ignored, once
    )


def _tuples(value: Any) -> Any:
    return tuple(_tuples(each) for each in value) if isinstance(value, list) else value
