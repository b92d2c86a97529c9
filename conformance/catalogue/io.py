"""What can be wrong with sources and targets as files, before and after anything is known of their content."""

from __future__ import annotations

from conformance.catalogue.code import Code

CODES: tuple[Code, ...] = (
    Code(
        code="IO-0001",
        severity="error",
        title="Can't be read",
        message="the source can't be read: {problem}",
        why="The others are done; the status says that one is missing.",
        type="not-found",
    ),
    Code(
        code="IO-0002",
        severity="error",
        title="Format not recognised",
        message="this looks like none of {formats}",
        why="A format is recognised by its first bytes; --from names it where that isn't enough.",
        example="a PDF",
        type="not-supported",
        err="200",
    ),
    Code(
        code="IO-0003",
        severity="error",
        title="Nothing in it",
        message="the source is empty",
        why="A sender that stopped while writing leaves such files; taking them as done would hide it.",
        type="incomplete",
    ),
    Code(
        code="IO-0004",
        severity="information",
        title="File passed over",
        message="this file of the folder looks like none of {formats}; it was passed over",
        why="A folder may hold other things; naming the file itself makes this an error.",
        example="README.md beside messages",
        type="not-supported",
    ),
    Code(
        code="IO-0005",
        severity="error",
        title="Too large",
        message="the source has more than {limit} bytes",
        why="Sources are read whole. A batch this large is split by its sender, or sent message by message.",
        type="too-long",
    ),
    Code(
        code="IO-0006",
        severity="error",
        title="Can't be written",
        message="the output can't be written: {problem}",
        why="The result exists, but it couldn't be put where it was asked for.",
        type="exception",
    ),
    Code(
        code="IO-0007",
        severity="error",
        title="The Bundle's first resource is missing",
        message="a Bundle of type {form} begins with a {type}, and this source gives none",
        why="A Composition says who wrote a document, a MessageHeader who sends what; neither is invented here.",
        example="--bundle document for an ADT message",
        spec="https://hl7.org/fhir/R4/bundle.html",
        type="not-supported",
    ),
    Code(
        code="IO-0008",
        severity="error",
        title="Request not understood",
        message="the request is not understood: {problem}",
        why="`validate --stdio` takes one JSON object a line, with `file` and at will `profile`, `profile_url`, `igs`.",
        example='{"file": "patient.json", "igs": "us-core.tgz"}',
        type="invalid",
    ),
    Code(
        code="IO-0009",
        severity="fatal",
        title="Request not finished",
        message="the request ended in an internal error ({problem}); the next one can be asked",
        why="This is a mistake of ours. The process stays, since others wait for it.",
        type="exception",
    ),
)
