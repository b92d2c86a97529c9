"""Text that has another shape in FHIR: name parts, address lines, phone numbers, narrative, attachments."""

from __future__ import annotations

import base64
import binascii
from html import escape, unescape

from mappings.conversions.conversion import Conversion, Field, Run

_DIV = '<div xmlns="http://www.w3.org/1999/xhtml">'
_DIV_END = "</div>"


def given_forward(texts: list[str], run: Run) -> list[str] | None:
    """XPN.2 and XPN.3 as HumanName.given; XPN.3 stays one item even with a space in it."""
    return [text for text in texts if text] or None


def given_backward(value: list[str], run: Run) -> list[str]:
    return [value[0] if value else "", " ".join(value[1:])]


def lines_forward(texts: list[str], run: Run) -> list[str] | None:
    """SAD.1, SAD.2, SAD.3, XAD.2 and XAD.19 as Address.line, in this order (SAD[Address], XAD[Address])."""
    return [text for text in texts if text] or None


def lines_backward(value: list[str], run: Run) -> list[str]:
    """One line is the street, the last of several the other designation, as most senders write addresses."""
    head, last = value[:-1], value[-1:]
    if not head:
        return [*last, "", "", "", ""]
    street = [*head[:3], "", "", ""][:3]
    return [*street, head[3], last[0]] if len(head) > 3 else [*street, last[0], ""]


def phone_forward(texts: list[str], run: Run) -> str | None:
    """XTN.5 to XTN.8 as one number: `+5 6 7 X8` without the parts that are absent (XTN[ContactPoint])."""
    country, area, local, extension = texts
    parts = ("+" + country.lstrip("+") if country else "", area, local, f"X{extension}" if extension else "")
    return " ".join(part for part in parts if part) if local else None


def narrative_forward(text: str, run: Run) -> str:
    """Plain text as the XHTML of Narrative.div."""
    return _DIV + escape(text, quote=False) + _DIV_END


def narrative_backward(value: str, run: Run) -> str | None:
    """The text of a div that this conversion wrote; other narratives aren't flattened."""
    body = value.removeprefix(_DIV).removesuffix(_DIV_END)
    return None if "<" in body else unescape(body)


def coded_text_forward(field: Field, run: Run) -> str | None:
    """What a reader would call the codes of a repeating CE/CWE field: original text, display or code of each."""
    if len(field) == 1:
        return _label(field[0]) or None
    return ", ".join(text for text in dict.fromkeys(map(_label, field)) if text) or None


def _label(item: list[list[str]]) -> str:
    """Original text, else a display, else a code."""
    count = len(item)
    for place in (8, 1, 0, 4, 3):
        if place < count and item[place][0]:
            return item[place][0]
    return ""


def coded_text_backward(value: str, run: Run) -> Field:
    """A text without a code; a few capitals or digits are a code of the sender's own."""
    code = len(value) <= _LOCAL_CODE and value.isascii() and value.isalnum() and value == value.upper()
    return [[[value]]] if code else [[[""], [value]]]


_LOCAL_CODE = 4


def token_forward(text: str, run: Run) -> str | None:
    """A code in which FHIR allows no more than one blank between its words (R4 datatypes, code)."""
    return " ".join(text.split()) or None


def token_backward(value: str, run: Run) -> str:
    return value


def whole_text_forward(field: Field, run: Run) -> str | None:
    """A text, or a field of a type that nothing describes: all of it, marks that nobody escaped included."""
    return "~".join("^".join("&".join(part) for part in item) for item in field) or None


def whole_text_backward(value: str, run: Run) -> Field:
    return [[[value]]]


def note_forward(field: Field, run: Run) -> str | None:
    """NTE-3: the lines of a note."""
    lines = ("^".join("&".join(part) for part in item) for item in field)
    return "\n".join(lines).strip("\n") or None


def note_backward(value: str, run: Run) -> Field:
    return [[[line]] for line in value.split("\n")]


def concat_forward(texts: list[str], run: Run) -> str | None:
    """The parts with a space between: SN that is no quantity, range or ratio (OBX[Observation])."""
    return " ".join(text for text in texts if text) or None


def range_text_forward(texts: list[str], run: Run) -> str | None:
    """VR: `low-high` (OBX[Observation], value type VR)."""
    return "-".join(texts) if any(texts) else None


def range_text_backward(value: str, run: Run) -> list[str]:
    low, _, high = value.partition("-")
    return [low, high]


def limits_forward(text: str, run: Run) -> list[str] | None:
    """OBX-7 is a text, and stays one."""
    return None


def limits_backward(values: list[object], run: Run) -> str | None:
    """The ends of a reference range as OBX-7 has them: `low-high`, `>low`, `<high` (7.4.2.7)."""
    low, high = ("" if each is None else str(each) for each in values)
    return (f"{low}-{high}" if low and high else f">{low}" if low else f"<{high}") if low or high else None


def place_forward(text: str, run: Run) -> list[str] | None:
    """The name of a place is a text, and stays one."""
    return None


def place_backward(values: list[object], run: Run) -> str | None:
    """City, state and country as the name of a place."""
    return ", ".join(str(each) for each in values if each is not None) or None


def samples_forward(field: Field, run: Run) -> str | None:
    """NA: the numbers of one channel as SampledData.data, separated by a space (R4 SampledData.data)."""
    rows = (" ".join(part[0] or "U" for part in repetition if part) for repetition in field)
    return " ".join(row for row in rows if row) or None


def samples_backward(value: str, run: Run) -> Field:
    return [[["" if number == "U" else number] for number in value.split(" ")]]


def mime_forward(texts: list[str], run: Run) -> str | None:
    """ED.2/ED.3 or RP.3/RP.4 as a MIME type; a subtype that is one already (`application/pdf`) stays."""
    kind, subtype = (text.strip().lower() for text in texts)
    if "/" in subtype:
        return subtype
    if kind in ("", "multipart") and subtype:
        kind = "image" if subtype in _IMAGES else "text" if subtype in ("html", "xml", "rtf") else "application"
    return f"{kind}/{subtype}" if kind and subtype else None


_IMAGES = frozenset({"jpeg", "jpg", "png", "gif", "tiff", "bmp"})


def mime_backward(value: str, run: Run) -> list[str]:
    kind, _, subtype = value.partition("/")
    return [kind, subtype]


def data_forward(texts: list[str], run: Run) -> str | None:
    """ED.4 and ED.5 as base64Binary: Base64 checked, Hex and plain text (A) converted."""
    encoding, data = texts[0].strip().lower(), texts[1]
    if not data:
        return None
    try:
        if encoding == "base64":
            return base64.b64encode(base64.b64decode("".join(data.split()), validate=True)).decode("ascii")
        raw = bytes.fromhex(data) if encoding == "hex" else data.encode("utf-8")
    except (ValueError, binascii.Error):
        return None
    return base64.b64encode(raw).decode("ascii")


def data_backward(value: str, run: Run) -> list[str]:
    return ["Base64", value]


def text_data_forward(text: str, run: Run) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")


def text_data_backward(value: str, run: Run) -> str | None:
    try:
        return base64.b64decode(value, validate=True).decode("utf-8")
    except (ValueError, binascii.Error):
        return None


def name_text_forward(texts: list[str], run: Run) -> str | None:
    """A name where FHIR has a string (XPN[String]): prefix, given, middle, family, suffix, degree in this order."""
    return concat_forward(texts, run)


def name_text_backward(value: str, run: Run) -> list[str]:
    """The whole as the family name: where its parts began is not known."""
    return ["", "", "", value, "", ""]


def either_forward(texts: list[str], run: Run) -> str | None:
    """The first of two components that is valued."""
    return texts[0] or texts[1] or None


def either_backward(value: str, run: Run) -> list[str]:
    return [value, ""]


def other_county_forward(texts: list[str], run: Run) -> str | None:
    """PID-12 when it isn't the county of the one address (PID[Patient], the four rules of PID-12)."""
    return texts[0] if texts[0] != texts[1] else None


def modifier_forward(texts: list[str], run: Run) -> str | None:
    """A procedure code with its modifier, `27447:RT` (PR1[Procedure], row PR1-16)."""
    return ":".join(texts) if all(texts) else None


def modifier_backward(value: str, run: Run) -> list[str]:
    code, _, modifier = value.partition(":")
    return [code, modifier]


CONVERSIONS = (
    Conversion(
        name="code-modifier",
        forward=modifier_forward,
        backward=modifier_backward,
        gives="code",
        quiet=True,
        doc="A code and its modifier with a colon between.",
    ),
    Conversion(
        name="name-text",
        forward=name_text_forward,
        backward=name_text_backward,
        gives="string",
        lossy=True,
        doc="A name as one text; comes back as the family name.",
    ),
    Conversion(
        name="either",
        forward=either_forward,
        backward=either_backward,
        gives="string",
        lossy=True,
        doc="The first of two that is valued; comes back in the first.",
    ),
    Conversion(
        name="other-county",
        forward=other_county_forward,
        backward=None,
        gives="string",
        quiet=True,
        doc="One-way: a county comes back in XAD.9.",
    ),
    Conversion(
        name="given-names",
        forward=given_forward,
        backward=given_backward,
        gives="string",
        lossy=True,
        doc="XPN.2 and .3 as given names; a third joins the second, a second without a first becomes the first.",
    ),
    Conversion(
        name="address-lines",
        forward=lines_forward,
        backward=lines_backward,
        gives="string",
        lossy=True,
        doc="SAD and other designation as lines; empty parts between don't come back.",
    ),
    Conversion(
        name="xtn-value",
        forward=phone_forward,
        backward=None,
        gives="string",
        quiet=True,
        doc="One-way: the parts come back from the contactpoint-* extensions.",
    ),
    Conversion(
        name="narrative-div",
        forward=narrative_forward,
        backward=narrative_backward,
        gives="xhtml",
        doc="Text, escaped, as Narrative.div.",
    ),
    Conversion(
        name="coded-text",
        forward=coded_text_forward,
        backward=coded_text_backward,
        gives="string",
        lossy=True,
        whole=True,
        doc="One text for all repetitions of a coded field; goes back as a text without a code.",
    ),
    Conversion(
        name="token",
        forward=token_forward,
        backward=token_backward,
        gives="code",
        lossy=True,
        doc="A code, with single blanks between its words.",
    ),
    Conversion(
        name="whole-text",
        forward=whole_text_forward,
        backward=whole_text_backward,
        gives="string",
        lossy=True,
        whole=True,
        doc="A whole field as one text; its marks come back escaped.",
    ),
    Conversion(
        name="lines",
        forward=note_forward,
        backward=note_backward,
        gives="string",
        lossy=True,
        whole=True,
        doc="Repetitions of a text as its lines.",
    ),
    Conversion(
        name="concat",
        forward=concat_forward,
        backward=None,
        gives="string",
        doc="One-way: where the parts began is lost.",
    ),
    Conversion(
        name="range-text",
        forward=range_text_forward,
        backward=range_text_backward,
        gives="string",
        lossy=True,
        doc="VR as `low-high`.",
    ),
    Conversion(
        name="reference-limits",
        forward=limits_forward,
        backward=limits_backward,
        gives="decimal",
        lossy=True,
        quiet=True,
        doc="The ends of a range as the text of OBX-7, which comes back as one.",
    ),
    Conversion(
        name="place-text",
        forward=place_forward,
        backward=place_backward,
        gives="string",
        lossy=True,
        quiet=True,
        doc="City, state and country as one text, which comes back as one.",
    ),
    Conversion(
        name="sampled-data",
        forward=samples_forward,
        backward=samples_backward,
        gives="string",
        lossy=True,
        whole=True,
        doc="NA as SampledData.data; several channels come back as one.",
    ),
    Conversion(
        name="mime-type",
        forward=mime_forward,
        backward=mime_backward,
        gives="code",
        lossy=True,
        quiet=True,
        doc="Type and subtype as a MIME type.",
    ),
    Conversion(
        name="encapsulated-data",
        forward=data_forward,
        backward=data_backward,
        gives="base64Binary",
        lossy=True,
        doc="ED.4 and .5; comes back as Base64 whatever it was.",
    ),
    Conversion(
        name="text-data",
        forward=text_data_forward,
        backward=text_data_backward,
        gives="base64Binary",
        doc="Text as base64Binary, UTF-8.",
    ),
)
