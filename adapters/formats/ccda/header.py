"""What the US Realm Header and CDA's schema ask of people, organizations and addresses: what a source lacks is a
nullFlavor, what it has too much of is left to the first."""

from __future__ import annotations

import re

from adapters.formats.ccda.made import Made

_ASKED = {
    "patientRole": ("id", "addr", "telecom"),
    "patient": ("name", "administrativeGenderCode", "birthTime", "raceCode", "ethnicGroupCode"),
    "assignedAuthor": ("id", "addr", "telecom"),
    "assignedEntity": ("id", "addr", "telecom"),
    "representedCustodianOrganization": ("id", "name", "telecom", "addr"),
    "providerOrganization": ("id", "name", "telecom", "addr"),
    "author": ("time",),
    "legalAuthenticator": ("time",),
    "authenticator": ("time",),
    "guardian": ("addr", "telecom"),
    "associatedEntity": ("addr", "telecom"),
    "healthCareFacility": ("id",),
    "intendedRecipient": ("id",),
}
"""By element: children without which the header isn't a US Realm Header."""

_SIGNERS = ("legalAuthenticator", "authenticator", "dataEnterer", "informant", "performer")

_ONCE = {
    "representedCustodianOrganization": ("name", "telecom", "addr"),
    "assignedAuthor": ("code",),
    "assignedEntity": ("code",),
    "associatedEntity": ("code",),
    "encompassingEncounter": ("code", "location"),
}
"""By element: children of which CDA allows one."""

_ONESELF = {"code": "ONESELF", "codeSystem": "2.16.840.1.113883.5.111"}
_IN_PARTICIPANTS = {"assignedPerson": "associatedPerson", "representedOrganization": "scopingOrganization"}
"""What a person and an organization of an assignedEntity are called in an associatedEntity."""

_US_CODE = re.compile(r"[0-9]{5}(-[0-9]{4})?$")
"""A postal code of the United States, of which an address without a country is taken to be."""
_MEMBER = "2.16.840.1.113883.10.20.22.4.500.1"
_PROCEDURES = tuple(f"2.16.840.1.113883.10.20.22.4.{number}" for number in (12, 13, 14))


def filled(root: Made) -> None:
    """The header with all that it must have."""
    if root.first("author") is None:
        root.add("author").add("assignedAuthor")
    role = root.first("recordTarget", "patientRole")
    if role is not None and role.first("patient") is None:
        role.attributes.pop("nullFlavor", None)
        role.add("patient")
    for node in _header(root):
        for name in _ASKED.get(node.name, ()):
            if node.first(name) is None:
                node.add(name).attributes["nullFlavor"] = "UNK"
        signs = node.parent is not None and node.parent.name in _SIGNERS
        alone = node.first("assignedPerson") is None and node.first("representedOrganization") is None
        nameless = node.first("assignedPerson") is None and node.parent is not None and node.parent.name != "performer"
        if node.name == "assignedEntity" and signs and (alone or nameless):
            node.add("assignedPerson").add("name").attributes["nullFlavor"] = "UNK"
        if node.name == "assignedAuthor":
            _somebody(node)
        if node.name == "participant" and node.attributes.get("typeCode") == "CALLBCK":
            for each in node.every("associatedEntity"):
                each.attributes["classCode"] = "ASSIGNED"


def signed(root: Made) -> None:
    """In a care plan of 4.0 who authenticates is the patient (CONF:1198-31916); others who attest are verifiers."""
    patient = root.first("recordTarget", "patientRole")
    own = [each.attributes for each in patient.every("id") if "root" in each.attributes] if patient is not None else []
    for node in root.every("authenticator"):
        entity = node.first("assignedEntity")
        if entity is not None and any(each.attributes in own for each in entity.every("id")):
            entity.children = [each for each in entity.children if each.name != "code"]
            entity.add("code").attributes.update(_ONESELF)
        else:
            _verifier(node, entity)


def _verifier(node: Made, entity: Made | None) -> None:
    """An authenticator made a participant of the header."""
    node.name = "participant"
    node.attributes["typeCode"] = "VRF"
    node.children = [each for each in node.children if each.name != "signatureCode"]
    if entity is not None:
        entity.name = "associatedEntity"
        entity.attributes["classCode"] = "PROV"
        for each in entity.children:
            each.name = _IN_PARTICIPANTS.get(each.name, each.name)


def _header(root: Made) -> list[Made]:
    """The elements outside of sections."""
    outside = [each for each in root.children if each.name not in ("section", "component")]
    return [node for each in outside for node in each.within()]


def _somebody(author: Made) -> None:
    """An author is a person, or a device with the organization that runs it."""
    device = author.first("assignedAuthoringDevice")
    if device is not None:
        for name in ("manufacturerModelName", "softwareName"):
            if device.first(name) is None:
                device.add(name).attributes["nullFlavor"] = "UNK"
        if author.first("representedOrganization") is None:
            author.add("representedOrganization").add("name").attributes["nullFlavor"] = "UNK"
    elif author.first("assignedPerson") is None:
        author.add("assignedPerson").add("name").attributes["nullFlavor"] = "UNK"


def trimmed(root: Made, kind: str) -> None:
    """Of what CDA (or the document type) allows once the first is kept; authors who say the same are one; addresses
    have what US Realm addresses must have."""
    if kind in ("ccd", "care-plan") and root.every("documentationOf"):
        first, *others = root.every("documentationOf")
        root.children = [each for each in root.children if each not in others]
        for event in (kid for each in others for kid in each.children):
            first.children[0].children += event.every("performer")
    if kind == "care-plan":
        _planned(root)
    for node in root.within():
        for name in _ONCE.get(node.name, ()):
            several = node.every(name)
            node.children = [each for each in node.children if each.name != name or each is several[0]]
        if len(node.every("author")) > 1:
            _authors(node)
        if node.name == "addr" and "nullFlavor" not in node.attributes:
            _address(node)
        if node.name == "name":
            _name(node)
        if node.name == "performer" and node.parent is not None:
            _performer(node, node.parent)


def _planned(root: Made) -> None:
    """In a care plan who cares has one name (CONF:1198-31905), and a document that it replaces a set and a version."""
    for event in (kid for each in root.every("documentationOf") for kid in each.children):
        if not event.every("performer"):
            _nobody(event)
        for person in (each for each in event.within() if each.name == "assignedPerson"):
            person.children = [each for each in person.children if each.name != "name"] + person.every("name")[:1]
    for parent in (kid for each in root.every("relatedDocument") for kid in each.every("parentDocument")):
        for name in ("setId", "versionNumber"):
            if parent.first(name) is None:
                parent.add(name).attributes["nullFlavor"] = "UNK"


def _nobody(event: Made) -> None:
    """A performer of whom nothing is known."""
    performer = event.add("performer")
    performer.attributes["typeCode"] = "PRF"
    entity = performer.add("assignedEntity")
    for name in _ASKED["assignedEntity"]:
        entity.add(name).attributes["nullFlavor"] = "UNK"
    entity.add("assignedPerson").add("name").attributes["nullFlavor"] = "UNK"


def _name(name: Made) -> None:
    """A name in parts has a given and a family name, and one suffix."""
    if name.every("given") and not name.every("family"):
        name.add("family").attributes["nullFlavor"] = "UNK"
    elif name.every("family") and not name.every("given"):
        name.add("given").attributes["nullFlavor"] = "UNK"
    first, *others = name.every("suffix") or (None,)
    if first is not None and others:
        first.text = ", ".join(each.text for each in (first, *others))
        name.children = [each for each in name.children if each not in others]


def _performer(performer: Made, statement: Made) -> None:
    """Who is a member of a care team has one name; an organization that does procedures one telecom and one address."""
    if statement.claims(_MEMBER):
        for person in (each for each in performer.within() if each.name == "assignedPerson"):
            person.children = [each for each in person.children if each.name != "name"] + person.every("name")[:1]
    if any(statement.claims(each) for each in _PROCEDURES):
        for place in (each for each in performer.within() if each.name == "representedOrganization"):
            for name in ("telecom", "addr"):
                first, *others = place.every(name) or [place.add(name)]
                if not (first.attributes or first.children or first.text):
                    first.attributes["nullFlavor"] = "UNK"
                place.children = [each for each in place.children if each not in others]


def _authors(node: Made) -> None:
    """Authors of a document are told once each; those of an entry as often as they differ in a time that is known."""
    seen: dict[str, set[str]] = {}
    kept = []
    for each in node.children:
        if each.name == "author":
            who = "".join(_told(kid) for kid in each.children if kid.name == "assignedAuthor")
            time = each.first("time")
            when = time.attributes.get("value", "") if time is not None else ""
            before = seen.setdefault(who, set())
            if before and (node.name == "ClinicalDocument" or not when or any(_same_time(when, one) for one in before)):
                continue
            before.add(when)
        kept.append(each)
    node.children = kept


def _same_time(one: str, other: str) -> bool:
    """True for equal times, and for a day and its first moment, which is what an instant makes of it."""
    day, moment = sorted((one, other), key=len)
    return one == other or (len(day) == 8 and moment.startswith(day + "000000"))


def _told(node: Made) -> str:
    """All that an element says, as a text to compare."""
    below = "".join(sorted(_told(each) for each in node.children))
    return f"<{node.name} {sorted(node.attributes.items())}>{node.text}{below}"


def _address(address: Made) -> None:
    if address.text.strip() and address.first("streetAddressLine") is None:
        address.add("streetAddressLine").text, address.text = address.text, ""
    names = ["streetAddressLine", "city"]
    country, code = address.first("country"), address.first("postalCode")
    if country is None or country.text in ("US", "USA"):
        if code is not None and not _US_CODE.match(code.text):
            code.attributes["nullFlavor"] = "OTH"
        names += ["state", "postalCode"]
    for name in names:
        if address.first(name) is None:
            address.add(name).attributes["nullFlavor"] = "UNK"
