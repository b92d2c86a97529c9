"""From what a map has written to a document: templates, sections, narrative, references and the order of the schema."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lxml import etree

from adapters.formats.ccda import header, paths, shapes, telling
from adapters.formats.ccda.made import Made, there
from adapters.formats.ccda.tree import ENTRY_REFERENCE, SDTC, V3, XSI, Tree

LOINC = "2.16.840.1.113883.6.1"
_STATEMENTS = frozenset(
    ("act", "observation", "procedure", "encounter", "substanceAdministration", "supply", "organizer")
)
_NAMESPACES: Any = {None: V3, "sdtc": SDTC, "xsi": XSI}
_CODED = frozenset(("code", "value", "translation", "routeCode", "approachSiteCode", "targetSiteCode", "methodCode",
                    "interpretationCode", "maritalStatusCode", "religiousAffiliationCode", "raceCode", "sdtc:raceCode",
                    "ethnicGroupCode", "sdtc:ethnicGroupCode", "sdtc:functionCode", "functionCode",
                    "dischargeDispositionCode", "sdtc:dischargeDispositionCode", "priorityCode"))  # fmt: skip

Identify = Callable[[str], str]
"""Gives a UUID for a name, the same one each time."""


def assemble(root: Made, kind: str, release: str, identify: Identify) -> Tree:
    """The document of what was written, as a document of a kind (`ccd`) in a release of C-CDA."""
    shape = shapes.kinds()[kind]
    _pruned(root)
    _named(root, kind, identify)
    header.filled(root)
    if kind == "care-plan" and release == "4.0":
        header.signed(root)
    _body(root, shape)
    _referred(root)
    _coded(root)
    _measured(root)
    _upright(root)
    _inherited(root)
    _authored(root)
    header.trimmed(root, kind)
    _identified(root, identify)
    _narrated(root)
    _claimed(root, shape, release)
    _ordered(root)
    element = _element(root)
    etree.indent(element, space="  ")
    _joined(element)
    return Tree(element)


def _pruned(node: Made) -> None:
    """Elements into which nothing was written are left out."""
    node.children = [each for each in node.children if each.full or each.name == "templateId"]
    for each in node.children:
        _pruned(each)


def _named(root: Made, kind: str, identify: Identify) -> None:
    """A document has one id, which needs a root."""
    if not any(each.attributes.get("root") for each in root.every("id")):
        root.children = [each for each in root.children if each.name != "id"]
        root.add("id").attributes["root"] = identify(f"document|{kind}")


# ---- sections ---------------------------------------------------------------------------------------------------


def _body(root: Made, shape: shapes.Kind) -> None:
    """The document's type and its sections: those of one code are one, those that must be there are."""
    root.children[:0] = [_template("2.16.840.1.113883.10.20.22.1.1", root), _template(shape.root, root)]
    _header(root, shape)
    found = root.every("section")
    root.children = [each for each in root.children if each.name != "section"]
    body = root.add("component").add("structuredBody")
    there = {_said(each) for each in found}
    moved = {here: to for here, to in shape.elsewhere.items() if to in there or here not in shape.sections}
    for each in found:
        _renamed(each, moved)
    sections = _merged(found)
    there = {_said(each) for each in sections} | moved.keys()
    sections += [_absent(code) for code in shape.sections if code not in there]
    for section in sections:
        _section(section, body)


def _header(root: Made, shape: shapes.Kind) -> None:
    realm, kind = root.add("realmCode"), root.add("typeId")
    realm.attributes["code"] = "US"
    kind.attributes.update(root="2.16.840.1.113883.1.3", extension="POCD_HD000040")
    code = root.add("code")
    code.attributes.update(code=shape.code, codeSystem=LOINC, codeSystemName="LOINC", displayName=shape.display)
    if root.first("title") is None:
        root.add("title").text = shape.title


def _said(section: Made) -> str:
    code = section.first("code")
    return code.attributes.get("code", "") if code is not None else ""


def _renamed(section: Made, moved: Mapping[str, str]) -> None:
    """A section as the one in which this document type tells what it holds; its title stays."""
    code = section.first("code")
    if code is not None and code.attributes.get("code") in moved:
        code.attributes = {"code": moved[code.attributes["code"]], "codeSystem": LOINC}
        code.children = []


def _merged(found: Iterable[Made]) -> list[Made]:
    """Sections of one code as one; the narratives stand behind each other, each below its title."""
    by_code: dict[str, Made] = {}
    sections: list[Made] = []
    for each in found:
        code = _said(each)
        first = by_code.get(code) if code else None
        if first is None:
            by_code[code] = each
            sections.append(each)
            continue
        mine, other = first.first("code"), each.first("code")
        if mine is not None and other is not None and len(other.attributes) > len(mine.attributes):
            mine.attributes, mine.children = other.attributes, other.children
        title, above = each.first("title"), first.first("title")
        for text in each.every("text"):
            text.heading = title.text if title is not None and above is not None and title.text != above.text else ""
        first.children += [
            kid for kid in each.children if kid.name not in ("code", "title") or (kid is title and not above)
        ]
    return sections


def _absent(code: str) -> Made:
    """A section that must be there, of which nothing is known."""
    section = Made("section")
    section.attributes["nullFlavor"] = "NI"
    section.add("code").attributes["code"] = code
    return section


def _section(section: Made, body: Made) -> None:
    """A section below its component, with code and title; and the sections in it."""
    holder = body.add("component")
    section.parent = holder
    holder.children.append(section)
    if _said(section) in _DIAGNOSES:
        _diagnoses(section)
    known = shapes.sections().get(_said(section))
    code = section.first("code")
    if known is not None and code is not None:
        code.attributes.setdefault("codeSystem", LOINC)
        code.attributes.setdefault("codeSystemName", "LOINC")
        if section.first("title") is None:  # one that the source hadn't
            code.attributes.setdefault("displayName", known.display)
        if known.also and known.also not in {each.attributes.get("code") for each in code.every("translation")}:
            code.add("translation").attributes.update(code=known.also, codeSystem=LOINC)
        if section.first("title") is None:
            section.add("title").text = known.title
    inner = section.every("section")
    section.children = [each for each in section.children if each.name != "section"]
    for each in inner:
        _section(each, section)


_DIAGNOSES = {
    "11535-2": ("2.16.840.1.113883.10.20.22.4.33", "11535-2", "Hospital discharge diagnosis"),
    "C-CDAV2-DDN": ("2.16.840.1.113883.10.20.22.4.33", "11535-2", "Hospital discharge diagnosis"),
    "46241-6": ("2.16.840.1.113883.10.20.22.4.34", "46241-6", "Hospital admission diagnosis"),
    "42347-5": ("2.16.840.1.113883.10.20.22.4.34", "46241-6", "Hospital admission diagnosis"),
}
"""Sections whose problems are the diagnoses of one act: its template, code and name."""
_CONCERN = "2.16.840.1.113883.10.20.22.4.3"


def _diagnoses(section: Made) -> None:
    """The concerns in a section of diagnoses as one act about all of them."""
    template, code, name = _DIAGNOSES[_said(section)]
    concerns = [each for each in section.every("entry") for kid in each.children if kid.claims(_CONCERN)]
    there = next((kid for each in section.every("entry") for kid in each.children if kid.claims(template)), None)
    if not concerns:
        return
    if there is None:
        entry = section.add("entry")
        entry.attributes["typeCode"] = "DRIV"
        there = entry.add("act")
        there.attributes.update(classCode="ACT", moodCode="EVN")
        there.children.append(_template(template, there))
        there.add("code").attributes.update(code=code, codeSystem=LOINC, displayName=name)
        there.add("statusCode").attributes["code"] = "active"
    for act in (kid for each in concerns for kid in each.children):
        for below in act.every("entryRelationship"):
            below.parent = there
            there.children.append(below)
            for node in below.children:
                node.resource, node.row = node.resource or act.resource, node.row or _moved(act.row)
    section.children = [each for each in section.children if each not in concerns]


def _moved(row: Any) -> Any:
    """What the narrative tells of a concern, told of the observation in it."""
    around = "entryRelationship/observation"
    columns = {
        heading: path.partition("]/")[2] for heading, path in (row or {"columns": {}})["columns"].items()
        if path.startswith(around)
    }  # fmt: skip
    return {"columns": columns} if columns else None


# ---- templates --------------------------------------------------------------------------------------------------


def _claimed(root: Made, shape: shapes.Kind, release: str) -> None:
    """The templates that statements and sections satisfy, in a release's versions; innermost first, since others ask
    for what they hold."""
    known = shapes.versions(release)
    for node in reversed(root.within()):
        given = dict.fromkeys(each.attributes["root"] for each in node.every("templateId"))
        if node.name == "section":
            given = dict.fromkeys(_of_section(node, shape, release))
        if given:
            claims = [
                claim for each in given for versions in known.get(each, ("",)) for claim in _best(node, each, versions)
            ]
            made = [_template(each, node, version) for each, version in claims]
            node.children = made + [each for each in node.children if each.name != "templateId"]
            for each in claims:
                _recoded(node, each)


def _best(node: Made, template: str, versions: str) -> list[tuple[str, str]]:
    """The claim of the last of some versions (`a|b`) that a statement satisfies, if it satisfies one."""
    satisfied = [version for version in versions.split("|") if _satisfied(node, template, version)]
    return [(template, satisfied[-1])] if satisfied else []


def _recoded(node: Made, claim: tuple[str, str]) -> None:
    """The code of a statement's element, where a version of its template fixes it."""
    name, code, display = shapes.codes().get(claim, ("", "", ""))
    if name:
        element = node.first(name) or node.add(name)
        element.attributes |= {"code": code, "displayName": display} if display else {"code": code}


def _satisfied(node: Made, template: str, version: str) -> bool:
    """True when a statement holds what it must to claim a template in a version."""
    asked = (path for since, path in shapes.claims().get(template, ()) if not since or version >= since)
    return all(there(node, paths.parse(path.lstrip("!"))) is not path.startswith("!") for path in asked)


_ENTERED = ("75310-3", "61146-7")
"""Sections of concerns and of goals, which have entries or are null."""


def _of_section(section: Made, shape: shapes.Kind, release: str) -> list[str]:
    """The templates of a section: where there are two, that of coded entries beside the other (which 4.0 has no more).
    Without entries it says that they are not there, should the document type ask for them."""
    known = shapes.sections().get(_said(section))
    entries = section.every("entry")
    if entries:
        section.attributes.pop("nullFlavor", None)
    if known is None:
        return []
    if not known.needs:
        if known.code in _ENTERED and not entries:
            section.attributes.setdefault("nullFlavor", "NI")
        return [known.root]
    if entries or not known.root or (release == "2.1" and known.code not in shape.coded):
        coded = any(kid.claims(known.needs) for entry in entries for kid in entry.children)
    else:
        coded = True
        section.attributes.setdefault("nullFlavor", "NI")
    if not coded:
        return [known.root] if known.root else []
    return [known.root, known.coded] if known.root and release == "2.1" else [known.coded]


def _template(root: str, parent: Made, version: str = "") -> Made:
    made = Made("templateId", parent)
    made.attributes["root"] = root
    if version:
        made.attributes["extension"] = version
    return made


# ---- references, codes, ids -------------------------------------------------------------------------------------


def _referred(root: Made) -> None:
    """Entry references get the ids of what they stand for; those of what was not written are left out."""
    homes: dict[int, Made] = {}
    for node in root.within():
        if node.resource is not None:
            homes.setdefault(id(node.resource), node)
    for node in [each for each in root.within() if each.refers is not None]:
        home = homes.get(id(node.refers))
        holder = node.parent
        if home is None or holder is None:
            _removed(node)
            continue
        node.resource = home
        if ENTRY_REFERENCE in {each.attributes.get("root") for each in node.every("templateId")}:
            node.add("code").attributes["nullFlavor"] = "NP"
            node.add("statusCode").attributes["code"] = "completed"


def _removed(node: Made) -> None:
    """Takes an element out, and the relationship that held it."""
    holder = node.parent
    if holder is None:
        return
    holder.children.remove(node)
    if not [each for each in holder.children if each.name != "templateId"] and holder.name == "entryRelationship":
        _removed(holder)


def _coded(root: Made) -> None:
    """CD: the root is a code of a system with an OID; what has none is a translation that names its system."""
    for node in root.within():
        given = node.attributes
        if node.name not in _CODED or (node.name == "value" and given.get("xsi:type", "CD") not in ("CD", "CE", "CO")):
            continue
        if any(char.isspace() for char in given.get("code", "")):
            _worded(node)
        if given.get("code") and not given.get("codeSystem") and node.name != "translation":
            _demoted(node)
        if "code" not in given and "nullFlavor" not in given and node.name != "translation" and node.children:
            given["nullFlavor"] = "OTH"
        alone = node.name == "code" and given.get("codeSystem") != LOINC and not node.every("translation")
        if alone and node.parent is not None and any(node.parent.claims(each) for each in _TRANSLATED):
            node.add("translation").attributes["nullFlavor"] = "UNK"


_TRANSLATED = ("2.16.840.1.113883.10.20.22.4.38", "2.16.840.1.113883.10.20.22.4.61")
"""Statements whose code has a translation: one in LOINC (CONF:1198-32951), or a kind of payer (CONF:1198-32852)."""


def _worded(node: Made) -> None:
    """What has white space is no code but words."""
    said = node.attributes.pop("code")
    for name in ("codeSystem", "codeSystemName", "codeSystemVersion"):
        node.attributes.pop(name, None)
    if node.first("originalText") is None:
        node.add("originalText").text = said
    elif not node.attributes.get("displayName"):
        node.attributes["displayName"] = said


def _measured(root: Made) -> None:
    """PQ: what is no UCUM unit is told beside the number, not as one. A dose keeps its number, which counts."""
    from conformance.terminology.ucum import valid

    for node in root.within():
        given = node.attributes
        dose = node.name in _DOSES or (node.parent is not None and node.parent.name in _DOSES)
        if (dose or given.get("xsi:type") == "PQ") and given.get("unit") and not valid(given["unit"]):
            below = node.add("translation")
            below.attributes["value"] = given.get("value", "")
            below.add("originalText").text = given.pop("unit")
            if not dose:
                given.pop("value", "")
                given["nullFlavor"] = "OTH"


def _upright(root: Made) -> None:
    """A concern that was recorded when it was over has no known end; the observation in it says when that was."""
    for node in root.within():
        low, high = node.first("effectiveTime", "low"), node.first("effectiveTime", "high")
        if low is not None and high is not None and any(node.claims(each) for each in _CONCERNS):
            start, end = low.attributes.get("value", "")[:8], high.attributes.get("value", "")[:8]
            if end and start[: len(end)] > end[: len(start)]:
                high.attributes = {"nullFlavor": "UNK"}


_DOSES = ("doseQuantity", "rateQuantity")
_CONCERNS = ("2.16.840.1.113883.10.20.22.4.3", "2.16.840.1.113883.10.20.22.4.30")


def _demoted(node: Made) -> None:
    names = ("code", "codeSystem", "codeSystemName", "codeSystemVersion", "displayName")
    own = {name: node.attributes.pop(name) for name in names if name in node.attributes}
    better = next((each for each in node.every("translation") if each.attributes.get("codeSystem")), None)
    if better is None:
        node.add("translation").attributes.update(own)
    else:
        node.attributes.update(better.attributes)
        better.attributes = own


_SCALES = ("2.16.840.1.113883.10.20.22.4.69", "2.16.840.1.113883.10.20.22.4.86")


def _inherited(root: Made) -> None:
    """The parts of an assessment that say nothing of their own status and time have the assessment's."""
    for node in root.within():
        around = node.parent.parent if node.parent is not None else None
        if around is not None and any(node.claims(each) for each in _SCALES):
            for name in ("statusCode", "effectiveTime"):
                given = around.first(name)
                if given is not None and node.first(name) is None:
                    node.children.append(given.twin(node))


AUTHOR_PARTICIPATION = "2.16.840.1.113883.10.20.22.4.119"


def _authored(root: Made) -> None:
    """Authors of entries are Author Participations: who and when, as far as it is known."""
    for node in root.within():
        if node.name == "author" and node.parent is not None and node.parent.name in _STATEMENTS:
            node.children.insert(0, _template(AUTHOR_PARTICIPATION, node))
            if node.first("time") is None:
                node.add("time").attributes["nullFlavor"] = "UNK"
            if node.first("assignedAuthor") is None:
                node.add("assignedAuthor").add("id").attributes["nullFlavor"] = "UNK"


def _identified(root: Made, identify: Identify) -> None:
    """Every statement has an id: its resource's own, else one that is made of the resource's identity and its place."""
    counts: dict[str, int] = {}
    for node in root.within():
        if node.name not in _STATEMENTS or type(node.resource) is Made:
            continue
        if node.first("id") is None:
            name = _key(node)
            counts[name] = counts.get(name, 0) + 1
            node.add("id").attributes["root"] = identify(name if counts[name] == 1 else f"{name}|{counts[name]}")
    for node in root.within():
        if type(node.resource) is Made:
            _copied(node, node.resource)


def _copied(node: Made, home: Made) -> None:
    """The id of what an entry reference stands for: its own, else that of a statement in it."""
    for each in (own for statement in home.within() if statement.name in _STATEMENTS for own in statement.every("id")):
        if each.attributes.get("root"):
            node.add("id").attributes.update(each.attributes)
            return


def _key(node: Made) -> str:
    """The identity of the resource that an element belongs to, and what kind of element it is."""
    around: Made | None = node
    while around is not None and type(around.resource) is not dict:
        around = around.parent
    resource = around.resource if around is not None else {}
    own = "" if around is node else f"|{node.name}"
    return f"{resource.get('resourceType')}/{resource.get('id')}{own}"


# ---- narrative --------------------------------------------------------------------------------------------------


def _narrated(root: Made) -> None:
    """Each section's text: what the source had, then tables of its entries; `No information` where there is none."""
    sections = [each for each in root.within() if each.name == "section"]
    for number, section in enumerate(sections, 1):
        told = [each for each in section.every("text") if each.div]
        section.children = [each for each in section.children if each.name != "text"]
        made = section.add("text")
        for each in told:
            telling.append(made, each.div, each.heading)
        made.children += telling.tables(section.every("entry"), str(number))
        if not "".join(telling.texts(made)).strip():
            made.text = "No information"
            made.children = []


# ---- as XML -----------------------------------------------------------------------------------------------------


def _ordered(root: Made) -> None:
    """Elements in the schema's order; those that it doesn't name stay behind, as they came."""
    for node in root.within():
        places = shapes.order().get(node.name)
        if places is not None and len(node.children) > 1 and node.name != "text":
            node.children.sort(key=lambda each: places.get(each.name, len(places)))


def _element(node: Made, parent: etree._Element | None = None) -> etree._Element:
    tag = _tag(node.name)
    element = etree.Element(tag, nsmap=_NAMESPACES) if parent is None else etree.SubElement(parent, tag)
    for name, value in node.attributes.items():
        element.set(f"{{{XSI}}}type" if name == "xsi:type" else name, _clean(value))
    element.text = _clean(node.text) or None
    for child in node.children:
        _element(child, element)
    if node.tail:
        element.tail = _clean(node.tail)
    return element


def _tag(name: str) -> str:
    prefix, colon, local = name.rpartition(":")
    return f"{{{SDTC}}}{local}" if colon and prefix == "sdtc" else f"{{{V3}}}{name}"


def _clean(text: str) -> str:
    """Text without the characters that XML can't hold."""
    if text.isprintable():
        return text
    return "".join(char for char in text if char in "\t\n\r" or (ord(char) >= 32 and char not in "\ufffe\uffff"))


def _joined(element: etree._Element) -> None:
    """Indentation stays out of mixed content, where white space is text."""
    for text in element.iter(f"{{{V3}}}text", f"{{{V3}}}name"):
        if text.getparent() is not None and len(text):
            _flat(text)


def _flat(element: etree._Element) -> None:
    for each in element.iter():
        if each.text is not None and not each.text.strip():
            each.text = None
        if each is not element and each.tail is not None and not each.tail.strip():
            each.tail = " " if each.tail == " " else None
