"""Messages: in through a channel, and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

from conformance.catalogue import issue
from gateway.intake import Taken
from gateway.plan import Channel
from gateway.states import EnvelopeState
from gateway.store import Filter
from gateway.web import media, shapes
from gateway.web.media import JSON
from gateway.web.route import Answer, Call, Parameter, Refused, Reply, Route
from gateway.web.routes.paging import PAGING, after, page
from gateway.web.work import FEED

_HL7V2 = media.types_of("hl7v2")[0]


def channel_of(call: Call, name: str) -> Channel:
    """A channel that this client may use. Refused otherwise."""
    channel = call.services.channels().get(name)
    if channel is None:
        raise Refused(404, issue("HTTP-0001"))
    if call.client is not None and call.client.channels and name not in call.client.channels:
        raise Refused(403, issue("HTTP-0004", scope=f"send to {name}"))
    return channel


def take(call: Call, channel: Channel) -> Sequence[Taken]:
    """The body, stored. Refused when it is too large for the channel; UnavailableError when it isn't on disk."""
    if len(call.body) > channel.max_size:
        raise Refused(413, issue("HTTP-0006", limit=channel.max_size))
    return call.services.accept(channel.name, call.body)


def _send(call: Call) -> Reply:
    channel = channel_of(call, call.path["channel"])
    types = media.types_of(channel.format)
    if call.media_type not in types:
        raise Refused(415, issue("HTTP-0007", types=" or ".join(types)))
    taken = take(call, channel)
    stored = shapes.receipts(taken)
    headers = {"Location": f"/api/v1/messages/{stored.id}", "Message-Id": stored.id}
    if channel.format == "hl7v2":
        answers = b"".join(one.reply or b"" for one in taken)
        return Reply(status=202, content=answers, media_type=_HL7V2, headers=headers)
    return Reply(status=202, content=stored, headers=headers)


def _list(call: Call) -> Reply:
    return _page(call, Filter(state=call.query["state"]))


def _quarantine(call: Call) -> Reply:
    return _page(call, Filter(is_set_aside=True))


def _page(call: Call, narrowed: Filter) -> Reply:
    query = call.query
    wanted = replace(
        narrowed,
        channel=query["channel"],
        person=query["person"],
        since=query["since"],
        before=query["before"],
        after=after(query["cursor"]),
        newest_first=True,
        limit=query["limit"] + 1,
    )
    found = call.services.messages(wanted)
    items, following = page(found, query["limit"], [one.seq for one in found])
    return Reply(content=shapes.Messages(items=[shapes.message(one) for one in items], next=following))


def _one(call: Call) -> Reply:
    found = call.services.message(call.path["message"])
    if found is None:
        raise Refused(404, issue("HTTP-0001"))
    return Reply(content=shapes.message(found))


def _ledger(call: Call) -> Reply:
    channel = channel_of(call, call.path["channel"])
    wanted = Filter(channel=channel.name, newest_first=True, limit=call.query["limit"])
    bodies = []
    for one in call.services.messages(wanted):
        whole = call.services.message(one.id)
        bodies += [whole.body] if whole is not None else []
    found = call.services.compute(FEED, bodies, replace(channel, listen=None), call.services.site(), call.query["all"])
    return Reply(content=shapes.FeedLedger.model_validate({"feeds": found}))


_STATE = Parameter(
    name="state", kind="choice", choices=get_args(EnvelopeState), description="Only those in this state."
)
_NARROW = (
    Parameter(name="channel", kind="name", description="Only those of this channel."),
    Parameter(name="person", kind="name", description="Only those about this person: the gateway's own id."),
    Parameter(name="since", kind="time", description="Only those received at or after this time."),
    Parameter(name="before", kind="time", description="Only those received before this time."),
)
_PAGE = {200: Answer(description="A page, newest first.", content={JSON: shapes.Messages})}

ROUTES: tuple[Route, ...] = (
    Route(
        method="POST",
        path="/api/v1/channels/{channel}/messages",
        id="sendMessage",
        tag="messages",
        summary="Hand over a message",
        description="The body is stored as it is, in the format that its media type says and the channel takes. The "
        "answer comes once it is on disk: for HL7 v2 its acknowledgement (AA, AE or AR in MSA-1; a batch gets one for "
        "each message), else a receipt. What was refused at the door is stored too, in quarantine. The same message "
        "sent again gets its first answer again.",
        handler=_send,
        needs="send",
        body={one: media.schema_of(one) for one in media.taken() if one != media.ANY},
        answers={
            202: Answer(
                description="Stored.",
                content={_HL7V2: {"type": "string"}, JSON: shapes.Receipts},
                headers={"Location": "Where to see what becomes of it.", "Message-Id": "The id of the message."},
            ),
            404: Answer(description="No such channel."),
            503: Answer(description="Not stored; send it again."),
        },
    ),
    Route(
        method="GET",
        path="/api/v1/channels/{channel}/ledger",
        id="feedLedger",
        tag="messages",
        summary="Which fields the senders of a channel fill that nothing maps",
        description="Over the channel's last messages, by sender: paths and counts, no values.",
        handler=_ledger,
        needs="read",
        query=(
            Parameter(name="limit", kind="integer", default=100, most=500, description="How many messages to look at."),
            Parameter(name="all", kind="boolean", default=False, description="Every field that is filled."),
        ),
        answers={
            200: Answer(description="The account.", content={JSON: shapes.FeedLedger}),
            404: Answer(description="No such channel."),
        },
    ),
    Route(
        method="GET",
        path="/api/v1/messages",
        id="listMessages",
        tag="messages",
        summary="What came in",
        handler=_list,
        needs="read",
        query=(_STATE, *_NARROW, *PAGING),
        answers=_PAGE,
    ),
    Route(
        method="GET",
        path="/api/v1/messages/{message}",
        id="getMessage",
        tag="messages",
        summary="One message and what became of it, without its body",
        handler=_one,
        needs="read",
        answers={
            200: Answer(description="The message.", content={JSON: shapes.Message}),
            404: Answer(description="No such message."),
        },
    ),
    Route(
        method="GET",
        path="/api/v1/quarantine",
        id="listQuarantine",
        tag="messages",
        summary="Messages that were set aside, and tables some of whose rows were, with the findings that say why",
        handler=_quarantine,
        needs="read",
        query=(*_NARROW, *PAGING),
        answers=_PAGE,
    ),
)
