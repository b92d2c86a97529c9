"""What can be wrong with a message for this gateway: at its door, in its work, on its way out."""

from __future__ import annotations

from conformance.catalogue.code import Code

_MSH11 = "https://www.hl7.eu/HL7v2x/v251/std251/ch02.html#Heading75"

CODES: tuple[Code, ...] = (
    Code(
        code="GW-0001",
        severity="error",
        title="Larger than the channel takes",
        message="The message has {size} bytes; the channel takes {limit}.",
        why="A limit keeps one sender from using up the memory that all share. `max_size` of the channel sets it.",
        type="too-long",
        err="207",
    ),
    Code(
        code="GW-0002",
        severity="error",
        title="Another format than the channel's",
        message="This is not {format}, which is what the channel takes.",
        why="A channel has one format, so that a misdirected file is noticed before anything is made of it.",
        type="structure",
        err="200",
    ),
    Code(
        code="GW-0003",
        severity="error",
        title="Processing id not taken",
        message="MSH-11 is not one of {taken}, which is what the channel takes.",
        why="Test data must not reach people's records: a channel for production takes `P` only.",
        spec=_MSH11,
        type="not-supported",
        err="202",
    ),
    Code(
        code="GW-0004",
        severity="warning",
        title="Control id used before",
        message="Another message has come under the same control id; both are processed.",
        why="Senders start their counters anew. Dropping the second would lose a message, so it is kept and marked.",
        type="duplicate",
        err="207",
    ),
    Code(
        code="GW-0101",
        severity="error",
        title="Work given up",
        message="Working this message took more than {seconds} seconds, or brought its worker down.",
        why="One message must not hold up the others. The gateway started a new worker; the message is kept as it came.",
        type="processing",
    ),
    Code(
        code="GW-0102",
        severity="error",
        title="Work failed",
        message="Working this message failed in the gateway itself ({error}).",
        why="This is a mistake in the gateway. The message is kept; after a correction it can be replayed.",
        type="exception",
    ),
    Code(
        code="GW-0103",
        severity="error",
        title="Nothing to route",
        message="No FHIR could be made of this message.",
        why="Routes look at the FHIR form of a message; without it nobody can be told.",
        type="processing",
    ),
    Code(
        code="GW-0201",
        severity="warning",
        title="Late",
        message="A later event of this {what} was worked before; this one is passed on, marked as late.",
        why="Messages overtake each other. What comes late is still true of its time, but must not undo what is newer.",
        type="business-rule",
    ),
    Code(
        code="GW-0202",
        severity="information",
        title="Retired identity",
        message="The patient was merged into another; the message goes to the surviving one.",
        why="A message about a retired identifier must neither revive it nor start a second record.",
        type="business-rule",
    ),
    Code(
        code="GW-0203",
        severity="warning",
        title="Identities merged in a circle",
        message="The chain of merged patients leads back to itself; the last one before that was taken as survivor.",
        why="Two merges contradict each other; the hospital's master patient index has to say which holds.",
        type="conflict",
    ),
    Code(
        code="GW-0301",
        severity="error",
        title="Target profile not met",
        message="What was made for {destination} does not meet {profile}.",
        why="The issues beside this one say what is missing; `on_gap` of the destination says whether it is sent or held.",
        type="incomplete",
    ),
    Code(
        code="GW-0302",
        severity="error",
        title="Nothing made for a destination",
        message="No {target} could be made for {destination}.",
        why="No map leads from this message to what the destination wants. Other destinations are not touched by it.",
        type="not-supported",
    ),
    Code(
        code="GW-0401",
        severity="error",
        title="Given up",
        message="The delivery was tried until its time was over.",
        why="`lifetime` of the destination is the time after which the news is no longer news.",
        type="timeout",
    ),
)
