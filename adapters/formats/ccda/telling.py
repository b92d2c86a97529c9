"""The narrative of what is written: tables made from entries and linked with them, and XHTML as CDA's narrative."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from lxml import etree

from adapters.formats.ccda import paths
from adapters.formats.ccda.made import Made, reach
from adapters.formats.ccda.paths import CHILD
from conformance.xml import parse

GENERATED = "generated"
"""How the IDs of tables begin that were made from entries: when they come back they are made anew."""

_LINKED = frozenset(("act", "observation", "procedure", "encounter", "substanceAdministration", "supply"))
"""Statements that have a text."""

_MARKUP = {
    "p": "paragraph", "h1": "paragraph", "h2": "paragraph", "h3": "paragraph", "h4": "paragraph",
    "span": "content", "b": "content", "strong": "content", "i": "content", "em": "content", "u": "content",
    "ul": "list", "ol": "list", "li": "item", "a": "linkHtml", "br": "br", "sub": "sub", "sup": "sup",
    **{name: name for name in ("table", "thead", "tbody", "tfoot", "tr", "th", "td", "colgroup", "col", "caption")},
}  # fmt: skip
_STYLES = {"b": "Bold", "strong": "Bold", "i": "Italics", "em": "Italics", "u": "Underline"}
_TEXTLESS = frozenset(("table", "thead", "tbody", "tfoot", "tr", "list", "colgroup"))
_BLOCKS = frozenset(("text", "td", "th", "item"))
"""Elements that hold paragraphs."""
_KEPT = {"th": ("colspan", "rowspan"), "td": ("colspan", "rowspan")}


# ---- tables made from entries -----------------------------------------------------------------------------------


def tables(entries: list[Made], prefix: str) -> list[Made]:
    """Tables that tell all statements below the entries, each row with an ID that its statement's text refers to."""
    told = [each for entry in entries for each in entry.within() if each.row is not None]
    made: list[Made] = []
    for number, (_, group) in enumerate(groupby(told, key=lambda each: tuple(each.row["columns"])), 1):
        made.append(_table(list(group), f"{GENERATED}-{prefix}-{number}"))
    remarks = [each for entry in entries for each in entry.within() if each.row is None and _speaks(each)]
    return made + ([_list(remarks, f"{GENERATED}-{prefix}-remarks")] if remarks else [])


def _speaks(node: Made) -> bool:
    """True for a statement with a text of its own."""
    text = node.first("text")
    return node.name in _LINKED and text is not None and bool(text.text) and not text.attributes and not text.children


def _list(statements: list[Made], name: str) -> Made:
    """Remarks, each as an item that its act's text refers to."""
    listed = Made("list")
    listed.attributes["ID"] = name
    for number, statement in enumerate(statements, 1):
        text = statement.first("text")
        assert text is not None
        item = listed.add("item").add("content")
        item.attributes["ID"] = f"{name}-{number}-text"
        item.text, text.text = text.text, ""
        text.add("reference").attributes["value"] = f"#{name}-{number}-text"
    return listed


def _table(statements: list[Made], name: str) -> Made:
    table = Made("table")
    table.attributes["ID"] = name
    columns = {heading: paths.parse(path) for heading, path in statements[0].row["columns"].items()}
    columns = {heading: path for heading, path in columns.items() if any(_said(each, path) for each in statements)}
    head = table.add("thead").add("tr")
    for heading in columns:
        head.add("th").text = heading
    body = table.add("tbody")
    for number, statement in enumerate(statements, 1):
        row = body.add("tr")
        row.attributes["ID"] = f"{name}-{number}"
        for path in columns.values():
            row.add("td").text = _said(statement, path)
        _link(statement, row)
    return table


def _said(statement: Made, path: tuple[Any, ...]) -> str:
    """What stands in a cell: all that is at the path, each once."""
    if path and path[-1][0] != CHILD:
        holders = reach(statement, path[:-1])
        name = path[-1][1]
        if name == "negationInd":
            return "yes" if any(each.attributes.get(name) == "true" for each in holders) else ""
        return "; ".join(each.attributes[name] for each in holders if name in each.attributes)
    return "; ".join(dict.fromkeys(filter(None, map(words, reach(statement, path)))))


def _link(statement: Made, row: Made) -> None:
    """The statement's text refers to its row; a text of its own becomes content there."""
    own = statement.first("text")
    name = row.attributes["ID"]
    if own is not None and (own.attributes.get("mediaType") or own.children):
        if own.first("reference") is None:
            own.add("reference").attributes["value"] = f"#{name}"
        return
    if own is not None and own.text:
        cell = next((each for each in reversed(row.children) if each.text == words(own)), None) or row.children[-1]
        content = cell.add("content")
        content.attributes["ID"] = name = name + "-text"
        if cell.text == words(own):
            cell.text = ""
        content.text, own.text = own.text, ""
        own.add("reference").attributes["value"] = f"#{name}"
        return
    if statement.row.get("link") == "false":
        return
    for each in [statement, *_inside_of(statement)]:
        if each.name in _LINKED and (each.first("text") is None or each is statement):
            text = each.first("text") or each.add("text")
            text.add("reference").attributes["value"] = f"#{name}"


def _inside_of(statement: Made) -> list[Made]:
    """The statements that a concern or a cluster is about, which the same row tells."""
    if statement.name not in ("act", "organizer") or statement.row.get("inner") == "false":
        return []
    holders = [each for each in statement.children if each.name in ("component", "entryRelationship")]
    found = [kid for each in holders for kid in each.children if each.attributes.get("typeCode", "SUBJ") == "SUBJ"]
    return [each for each in found if each.row is None and each.name in ("observation", "act")]


def words(node: Made) -> str:
    """What an element says, for readers: a code's text, a time, a quantity, an interval, a name."""
    given = node.attributes
    if (node.name == "low" or node.name == "high" or "time" in node.name.lower()) and (told := _time(node)):
        return told
    original = node.first("originalText")
    if original is not None and original.text:
        return original.text
    shown = (each.attributes.get("displayName", "") for each in node.every("translation"))
    translated = next(filter(None, shown), "")
    if told := node.text or given.get("displayName") or translated or _interval(node) or _amount(node):
        return told
    coded = given.get("code") or next((each.attributes.get("code", "") for each in node.every("translation")), "")
    inside = " ".join(filter(None, map(words, node.children)))
    return coded or inside or _UNKNOWN.get(given.get("nullFlavor", ""), "")


_UNKNOWN = {"UNK": "Unknown", "NI": "No information", "ASKU": "Asked but unknown", "NASK": "Not asked", "MSK": "Masked",
            "NA": "Not applicable"}  # fmt: skip


def _amount(node: Made) -> str:
    value, unit = node.attributes.get("value", ""), node.attributes.get("unit", "")
    return f"{value} {unit}" if unit and unit != "1" else value


def _interval(node: Made) -> str:
    low, high = node.first("low"), node.first("high")
    ends = [words(each) if each is not None and "value" in each.attributes else "" for each in (low, high)]
    if all(ends):
        return " to ".join(ends)
    if ends[0]:
        return f"from {ends[0]}" if "ime" in node.name else f"at least {ends[0]}"
    return (f"until {ends[1]}" if "ime" in node.name else f"at most {ends[1]}") if ends[1] else ""


def _time(node: Made) -> str:
    """`2024-03-05 14:30 -0500` of a TS; empty for anything else."""
    digits = node.attributes.get("value", "")
    if "unit" in node.attributes or len(digits) < 4 or not digits[:4].isdecimal() or "." in digits[:8]:
        return ""
    day = "-".join(filter(None, (digits[:4], digits[4:6], digits[6:8])))
    clock, offset = digits[8:12], digits[-5:] if digits[-5:-4] in ("+", "-") else ""
    return " ".join(filter(None, (day, f"{clock[:2]}:{clock[2:]}" if len(clock) == 4 else "", offset)))


# ---- XHTML ------------------------------------------------------------------------------------------------------


def append(text: Made, div: str, heading: str) -> None:
    """Puts a `div` behind what a section's text says, below its heading; without tables made from entries. What isn't
    XML gives nothing."""
    root = parse(div.encode()).value
    if root is None:
        return
    holder = Made("text")
    _inside(root, holder)
    if not text.children and not text.text:
        text.text = holder.text
    elif "".join(texts(holder)).strip():
        for said, style in ((heading, {"styleCode": "Bold"}), (holder.text, {})):
            if said.strip():
                paragraph = text.add("paragraph")
                paragraph.text, paragraph.attributes = said, dict(style)
    text.children += holder.children


def _inside(element: etree._Element, holder: Made) -> None:
    _say(holder, element.text)
    for child in element:
        if isinstance(child.tag, str):
            name = child.tag.rpartition("}")[2]
            if not (name in ("table", "ul") and (child.get("id") or "").startswith(GENERATED)):
                _markup(child, name, holder)
        _say(holder, child.tail)


def _markup(element: etree._Element, name: str, holder: Made) -> None:
    kind = _MARKUP.get(name, "content")
    if name in ("div", "section", "article") and holder.name not in _TEXTLESS:
        _inside(element, holder)
        return
    if kind == "paragraph" and holder.name not in _BLOCKS:
        kind = "content"
    made = holder.add(kind)
    if element.get("id"):
        made.attributes["ID"] = str(element.get("id"))
    if name in _STYLES:
        made.attributes["styleCode"] = _STYLES[name]
    if name == "ol":
        made.attributes["listType"] = "ordered"
    if name == "a" and element.get("href"):
        made.attributes["href"] = str(element.get("href"))
    for each in _KEPT.get(name, ()):
        if (element.get(each) or "").isdecimal():
            made.attributes[each] = str(element.get(each))
    _inside(element, made)


def _say(holder: Made, text: str | None) -> None:
    """Text among elements: a content of its own behind the first element."""
    if not text or not text.strip():
        if text and holder.children and holder.name not in _TEXTLESS:
            holder.children[-1].tail = " "
        return
    if holder.name in _TEXTLESS:
        return
    if holder.children:
        holder.children[-1].tail = text
    else:
        holder.text += text


def texts(node: Made) -> Iterator[str]:
    """All text of a narrative element."""
    yield node.text
    for child in node.children:
        yield from texts(child)
        yield child.tail
