"""Deliveries: what goes out and how far it has got; and doing things again."""

from __future__ import annotations

from typing import get_args

from pydantic import ValidationError

from conformance.catalogue import issue
from gateway.states import DeliveryState
from gateway.store import Filter, Wanted
from gateway.web import shapes
from gateway.web.media import JSON
from gateway.web.route import Answer, Call, Parameter, Refused, Reply, Route
from gateway.web.routes.paging import PAGING, after, page


def _list(call: Call) -> Reply:
    query = call.query
    wanted = Wanted(
        state=query["state"],
        destination=query["destination"],
        envelope=query["message"],
        after=after(query["cursor"]),
        newest_first=True,
        limit=query["limit"] + 1,
    )
    found = call.services.deliveries(wanted)
    items, following = page(found, query["limit"], [one.seq for one in found])
    return Reply(content=shapes.Sendings(items=[shapes.sending(one) for one in items], next=following))


def _one(call: Call) -> Reply:
    found = call.services.delivery(call.path["delivery"])
    if found is None:
        raise Refused(404, issue("HTTP-0001"))
    delivery, history = found
    return Reply(content=shapes.sending_in_full(delivery, history))


def _replay(call: Call) -> Reply:
    try:
        asked = shapes.Replay.model_validate_json(call.body)
    except ValidationError as error:
        raise Refused(400, *(issue("HTTP-0011", problem=_problem(one)) for one in error.errors()[:20])) from None
    if asked.messages is not None:
        chosen = asked.messages
        wanted = Filter(
            state=chosen.state,
            channel=chosen.channel,
            person=chosen.person,
            ids=None if chosen.ids is None else tuple(chosen.ids),
            since=chosen.since,
            before=chosen.before,
        )
        return _done(call.services.replay(wanted, as_new=asked.as_new))
    return _done(call.services.resend(_wanted(asked.deliveries)))


def _wanted(chosen: shapes.DeliveryChoice | None) -> Wanted:
    if chosen is None:
        raise AssertionError("a replay has messages or deliveries")
    ids = None if chosen.ids is None else tuple(chosen.ids)
    return Wanted(state=chosen.state, destination=chosen.destination, envelope=chosen.message, ids=ids)


def _done(count: int) -> Reply:
    return Reply(status=202, content=shapes.Replayed(count=count))


def _problem(error: object) -> str:
    """Where and why, of our own words: keys that the client made up are not repeated."""
    assert isinstance(error, dict)
    known = {*shapes.Replay.model_fields, *shapes.MessageChoice.model_fields, *shapes.DeliveryChoice.model_fields}
    path = ".".join(str(step) if isinstance(step, int) or step in known else "?" for step in error["loc"])
    ours = error.get("ctx", {}).get("error") if error["type"] == "value_error" else None
    return f"{path or 'body'}: {ours or error['type'].replace('_', ' ')}"


ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/api/v1/deliveries",
        id="listDeliveries",
        tag="deliveries",
        summary="What goes out",
        handler=_list,
        needs="read",
        query=(
            Parameter(
                name="state", kind="choice", choices=get_args(DeliveryState), description="Only those in this state."
            ),
            Parameter(name="destination", kind="name", description="Only those to this destination."),
            Parameter(name="message", kind="name", description="Only those made of the message with this id."),
            *PAGING,
        ),
        answers={200: Answer(description="A page, newest first.", content={JSON: shapes.Sendings})},
    ),
    Route(
        method="GET",
        path="/api/v1/deliveries/{delivery}",
        id="getDelivery",
        tag="deliveries",
        summary="One delivery with all its attempts, without its payload",
        handler=_one,
        needs="read",
        answers={
            200: Answer(description="The delivery.", content={JSON: shapes.SendingInFull}),
            404: Answer(description="No such delivery."),
        },
    ),
    Route(
        method="POST",
        path="/api/v1/replay",
        id="replay",
        tag="deliveries",
        summary="Work messages again, or send deliveries again",
        description="At least one condition is needed. Order is kept for each person. Receivers get the same keys as "
        "before, so that they can tell a repetition, unless `as_new` is true.",
        handler=_replay,
        needs="operate",
        body={JSON: shapes.Replay},
        answers={
            202: Answer(description="How many are done again.", content={JSON: shapes.Replayed}),
            503: Answer(description="Nothing was changed; try again."),
        },
    ),
)
