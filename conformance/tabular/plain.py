"""How headers and words are compared: without case, accents, spaces and punctuation."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_NOT_WORD = re.compile(r"[\W_]+")


@lru_cache(maxsize=16384)
def plain(text: str) -> str:
    """`Date of Birth`, `date_of_birth ` and `DATE-OF-BIRTH` are one: `dateofbirth`. Letters of any script stay."""
    found = _NOT_WORD.sub("", text).casefold()
    if found.isascii():
        return found
    return "".join(each for each in unicodedata.normalize("NFKD", found) if not unicodedata.combining(each))


@lru_cache(maxsize=16384)
def words(text: str) -> str:
    """Like `plain`, but words stay apart: `I have a steady place to live.` and `i have a  steady place to live`."""
    return " ".join(part for part in (plain(each) for each in text.split()) if part)
