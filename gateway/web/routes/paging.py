"""Pages of a list, newest first, by a cursor that stays right while new items come."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from conformance.catalogue import issue
from gateway.web.route import Parameter, Refused

T = TypeVar("T")

LIMIT = Parameter(name="limit", kind="integer", most=200, default=50, description="How many items a page has at most.")
CURSOR = Parameter(name="cursor", description="`next` of the page before; without it the newest items.")
PAGING = (LIMIT, CURSOR)


def after(cursor: str | None) -> int:
    """The place in the order of arrival from which a page goes on; 0 for the newest. Refused when it isn't ours."""
    if cursor is None:
        return 0
    try:
        text = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
        if text[:1] == b"s" and text[1:].isdigit() and 1 < len(text) < 20 and cursor == cursor_of(int(text[1:])):
            return int(text[1:])
    except (UnicodeEncodeError, binascii.Error):
        pass
    raise Refused(400, issue("HTTP-0010", name="cursor", expected="`next` of the page before"))


def cursor_of(seq: int) -> str:
    """Opaque to clients, so that what it means may change."""
    return base64.urlsafe_b64encode(b"s%d" % seq).decode()


def page(found: Sequence[T], limit: int, seqs: Sequence[int]) -> tuple[Sequence[T], str | None]:
    """The items of a page and the next cursor; `found` has one more than the page when there is another."""
    return found[:limit], cursor_of(seqs[limit - 1]) if len(found) > limit else None
