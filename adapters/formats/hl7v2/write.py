"""From a `Message` to bytes. A message that was read is written as its very bytes."""

from __future__ import annotations

from adapters.formats.hl7v2.charsets import name_of
from adapters.formats.hl7v2.delimiters import HEAD
from adapters.formats.hl7v2.escapes import CONTROLS
from adapters.formats.hl7v2.message import HEADERS, Message
from adapters.formats.hl7v2.parse import parse
from conformance.document import Document
from conformance.issue import Result


def render(document: Document) -> Result[bytes]:
    """The bytes of a message, parsed or built."""
    return Result(value=document.root.raw)


def build(segments: list[list[str]], charset: str = "utf-8") -> Message:
    r"""A message of segments given as field lists of canonical, already escaped text; index == HL7 field number.

    Trailing empty fields are left out, each segment ends with CR, control characters become escapes, MSH-1 and MSH-2
    the usual `|^~\&`. Where the text isn't ASCII and MSH-18 is empty, it is filled with the character set; a set that
    can't hold the text gives way to UTF-8. The first segment must be MSH (ValueError).
    """
    if not segments or segments[0][:1] != ["MSH"]:
        raise ValueError("the first segment of a message is MSH")
    body = "".join(_line(fields) for fields in segments[1:])
    head = _line(segments[0])
    codec = charset if name_of(charset) and _holds(charset, head + body) else "utf-8"
    if codec != charset or not (head + body).isascii():
        head = _line(_with_charset(segments[0], codec, replace=codec != charset))
    parsed = parse((head + body).encode(codec, errors="replace"))
    if parsed.value is None:
        raise ValueError("not a message: " + ", ".join(issue.message for issue in parsed.issues))
    message: Message = parsed.value.root
    return message


def _line(fields: list[str]) -> str:
    name = fields[0]
    given = [field.translate(CONTROLS) for field in fields[3 if name == "MSH" else 2 if name in HEADERS else 1 :]]
    text = "|".join([HEAD if name == "MSH" else name, *given]).rstrip("|")
    return (text if len(text) > 3 else text + "|") + "\r"


def _with_charset(header: list[str], codec: str, *, replace: bool) -> list[str]:
    fields = header + [""] * (19 - len(header))
    if replace or not fields[18]:
        fields = [*fields[:18], name_of(codec), *fields[19:]]
    return fields


def _holds(charset: str, text: str) -> bool:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return True
