"""The folder in which compiled maps and packages are kept between processes. It may be emptied at any time."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path


@cache
def folder() -> Path | None:
    """`SDOH_GATEWAY_CACHE`, else `sdoh-gateway` in the user's cache folder; made with mode 0700.

    None where there can be none, or where somebody else could write into it.
    """
    base = os.environ.get("SDOH_GATEWAY_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "sdoh-gateway"
    )
    path = Path(base)
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = path.stat()
    except OSError:
        return None
    mine = not hasattr(os, "getuid") or (owner.st_uid == os.getuid() and not owner.st_mode & 0o022)
    return path if mine else None
