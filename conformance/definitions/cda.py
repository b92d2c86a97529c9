"""`python -m conformance.definitions.cda OUT PACKAGE.tgz`: C-CDA's templates and CDA's classes, as facts.

The package is npm's `hl7.cda.us.ccda`, whose StructureDefinitions have snapshots. Kept are paths, cardinalities, fixed
values, types, templates, bindings, and of constraints the key and the expression; the CONF numbers that comments end
with; no text of the guide. Two kinds of entries are written:

- `Template`, by root and version: `{title, class, rules, holds}`; a rule is `{name, ...}` with rules of its own;
- `Class`, by name: `{attributes: {name: facts}, children: [[name, facts], ...]}` in the schema's order.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from conformance.definitions import pack
from conformance.definitions.pack import Entry, Facts
from conformance.packages.archive import files

_TYPES = "http://hl7.org/cda/stds/core/StructureDefinition/"
_URL = re.compile(r"'(http://hl7\.org/cda/us/ccda/StructureDefinition/\w+)'")
_CONF = re.compile(r"CONF:([0-9]{2,5}-[0-9]{2,6})")
_NEWEST_RELEASES = {
    "1098": "2014-06-09", "1198": "2015-08-01", "3250": "2016-06-01", "4435": "2019-06-20", "4437": "2019-06-20",
    "4515": "2022-06-01", "4524": "2022-06-01", "4537": "2023-05-01",
}  # fmt: skip
"""By the number before the hyphen of a CONF number: the release of C-CDA, by the date of its templates, in whose
numbering the rule was written down."""
_FIRST = 20_000
"""CONF numbers below are R1.1's; later releases kept them, also where they made a SHALL of a SHOULD."""
_VERSION_TEST = re.compile(r" and \$this\.extension = '20[0-9-]{8}'")
_BODY = ["component", "structuredBody"]


def build(archive: Path, folder: Path) -> Path:
    """The pack of a package; its head tells what it was made from."""
    content = {name: json.loads(raw) for name, raw in files(archive) if not name.startswith(".")}
    about = content["package.json"]
    profiles = {each["url"]: each for each in content.values() if each.get("resourceType") == "StructureDefinition"}
    entries = [*_templates(profiles), *_classes(profiles.values())]
    path = folder / f"{archive.name.removesuffix('.tgz')}.pack"
    head = {"name": about["name"], "version": about["version"], "license": about["license"], "source": archive.name}
    pack.write(path, {**head, "sha256": sha256(archive.read_bytes()).hexdigest()}, entries)
    return path


# ---- templates --------------------------------------------------------------------------------------------------


def _templates(profiles: Mapping[str, Facts]) -> Iterator[Entry]:
    """One of each profile; two that share root and version can't be told apart in documents and are left out."""
    shared = Counter(map(_identity, profiles.values()))
    for profile in profiles.values():
        root, version = _identity(profile)
        if shared[root, version] == 1:
            yield Entry(kind="Template", url=root, version=version, facts=_template(profile, profiles))


def _identity(profile: Facts) -> tuple[str, str]:
    """Root and version: `urn:hl7ii:ROOT:VERSION` or `urn:oid:ROOT`."""
    ident = str(profile["identifier"][0]["value"]).removeprefix("urn:hl7ii:").removeprefix("urn:oid:")
    root, _, version = ident.partition(":")
    return root, version


def _template(profile: Facts, profiles: Mapping[str, Facts]) -> Facts:
    root, version = _identity(profile)
    snapshot = {each["id"]: each for each in profile["snapshot"]["element"]}
    said = _differential(profile, profiles)
    top: Facts = {"name": "", "rules": []}
    nodes = {next(iter(snapshot)): top}
    for ident, element in said.items():
        if ident in nodes:
            top.update(_constraints(element, version, profiles))
        elif not _passed_over(ident, profile):
            if _is_document(profile) and ident.split(".")[1:] == _BODY:
                element = {key: value for key, value in element.items() if key != "constraint"}
            _node(ident, nodes, snapshot, profiles)["facts"] = _facts(element, snapshot[ident], version, profiles)
    facts = {"title": profile["title"], "class": profile["type"].rpartition("/")[2], "root": root}
    rules = [_rule(each) for each in top["rules"]]
    also = _others(snapshot, root) if _is_document(profile) else {}
    return {**facts, "rules": rules, **({"holds": top["holds"]} if "holds" in top else {}), **also}


def _differential(profile: Facts, profiles: Mapping[str, Facts]) -> dict[str, Facts]:
    """What a profile says of each element, and what those say that it builds on. A document claims its header's too."""
    base = profiles.get(profile["baseDefinition"])
    found: dict[str, Facts] = {}
    if base is not None and not _is_document(profile):
        found = _differential(base, profiles)
    for each in profile["differential"]["element"]:
        found[each["id"]] = {**found.get(each["id"], {}), **each}
    return found


def _fixed_roots(snapshot: Mapping[str, Facts]) -> Iterator[str]:
    for ident, element in snapshot.items():
        parts = ident.split(".")
        is_root = len(parts) == 3 and parts[1].startswith("templateId:") and parts[2] == "root"
        if is_root and snapshot[ident.rpartition(".")[0]].get("min"):
            yield str(_fixed(element))


def _others(snapshot: Mapping[str, Facts], root: str) -> Facts:
    """The templates that have to be claimed too."""
    others = sorted({each for each in _fixed_roots(snapshot) if each != root})
    return {"also": others} if others else {}


def _is_document(profile: Facts) -> bool:
    return bool(profile["type"] == _TYPES + "ClinicalDocument")


def _passed_over(ident: str, profile: Facts) -> bool:
    """Templates' own ids (that is how a rule was found), and the sections of documents (see `sections.csv`)."""
    steps = [step.partition(":")[0] for step in ident.split(".")]
    return steps[1:2] == ["templateId"] or (_is_document(profile) and steps[1:4] == [*_BODY, "component"])


def _node(ident: str, nodes: dict[str, Facts], snapshot: Mapping[str, Facts], profiles: Mapping[str, Facts]) -> Facts:
    """The node of an element, made with those above it."""
    if ident not in nodes:
        above = _node(ident.rpartition(".")[0], nodes, snapshot, profiles)
        if ident.rpartition(".")[2] == "item":  # the choice of name and address parts, which XML doesn't have
            nodes[ident] = above
            return above
        element = snapshot[ident]
        node: Facts = {"name": _name(element), "rules": []}
        if "sliceName" in element:
            node["slice"] = _slice(ident, snapshot, profiles)
        above["rules"].append(node)
        nodes[ident] = node
    return nodes[ident]


def _rule(node: Facts) -> Facts:
    """A node without what is empty."""
    rules = [_rule(each) for each in node["rules"]]
    rules = [each for each in rules if len(each) > 1]
    rule = {"name": node["name"], **node.get("facts", {})}
    if "slice" in node:
        rule["slice"] = node["slice"]
    return {**rule, "rules": rules} if rules else rule


def _name(element: Facts) -> str:
    """The name in XML: `@code`, `sdtc:raceCode`, `#` for an element's text."""
    name = str(element["path"]).rpartition(".")[2]
    said = {each["url"].rpartition("/")[2]: each for each in element.get("extension", ())}
    if "xml-name" in said:
        name = said["xml-name"]["valueString"]
    if str(said.get("xml-namespace", {}).get("valueUri", "")).endswith(":sdtc"):
        name = f"sdtc:{name}"
    form = element.get("representation", ())
    return f"@{name}" if "xmlAttr" in form else "#" if "xmlText" in form else name


def _fixed(element: Facts) -> Any:
    return next((value for key, value in element.items() if key.startswith(("fixed", "pattern"))), None)


def _facts(element: Facts, whole: Facts, version: str, profiles: Mapping[str, Facts]) -> Facts:
    """What an element must be: `element` is what the profile says, `whole` what results."""
    found: Facts = {}
    if element.get("min"):
        found["min"] = whole["min"]
    if "max" in element and whole["max"] != "*":
        found["max"] = int(whole["max"])
    fixed = _fixed(whole)
    if fixed is not None and not isinstance(fixed, (dict, list)):
        found["fixed"] = str(fixed).lower() if isinstance(fixed, bool) else str(fixed)
        if whole.get("min"):
            found["min"] = 1
    found.update(_typed(element, whole, profiles))
    found.update(_bound(element))
    found.update(_constraints(element, version, profiles))
    if found:
        comment = element.get("comment") or ""
        found.update(_dated(_CONF.findall(comment), version))
        if found.get("min") and (comment.startswith(("MAY", "SHOULD")) or _added(element, found, version)):
            found["warning"] = True
    return found


def _added(element: Facts, found: Facts, version: str) -> bool:
    """True for what USCDI has added to a template without a new version of it."""
    marks = {str(each["url"]).rpartition("/")[2] for each in element.get("extension", ())}
    return "uscdi-requirement" in marks and "conf" not in found and version < "2022"


def _typed(element: Facts, whole: Facts, profiles: Mapping[str, Facts]) -> Facts:
    """The types that an element may have, and the templates of which one has to be claimed."""
    if "type" not in element:
        return {}
    found: Facts = {}
    if "typeAttr" in whole.get("representation", ()) or whole["path"].endswith(".value"):
        found["types"] = _types_of(element)
    wanted = _profiles_of(element, profiles)
    if wanted and len(wanted) >= len(element["type"]):
        found["templates"] = wanted
    return found


def _types_of(element: Facts) -> list[str]:
    """The names of an element's types, as `xsi:type` writes them."""
    return sorted({each["code"].rpartition("/")[2].replace("-", "_") for each in element.get("type", ())})


def _profiles_of(element: Facts, profiles: Mapping[str, Facts]) -> list[str]:
    """The roots of the templates that an element's types name."""
    urls = (url for each in element.get("type", ()) for url in each.get("profile", ()))
    return sorted({_identity(profiles[url])[0] for url in urls if url in profiles})


def _bound(element: Facts) -> Facts:
    binding = element.get("binding") or {}
    if binding.get("strength") == "required" and binding.get("valueSet"):
        return {"bound": binding["valueSet"].partition("|")[0]}
    return {}


def _constraints(element: Facts, version: str, profiles: Mapping[str, Facts]) -> Facts:
    """Key, expression, severity and date of each constraint. Templates in expressions are named by their roots."""
    roots = {url: _identity(each)[0] for url, each in profiles.items()}
    found = []
    for each in element.get("constraint", ()):
        if "expression" not in each or each["source"].startswith(_TYPES):
            continue
        numbers = _CONF.findall(f"CONF:{each['key']} {each['human']}")
        expression = _URL.sub(lambda match: f"'{roots.get(match[1], match[1])}'", each["expression"])
        expression = _VERSION_TEST.sub("", expression)
        rule = {"key": each["key"], "expression": expression, **_dated(numbers, version)}
        found.append({**rule, "warning": True} if each["severity"] == "warning" or _undated(rule, version) else rule)
    return {"holds": found} if found else {}


def _undated(rule: Facts, version: str) -> bool:
    """True for a constraint that has no CONF number, in a template that older releases have in the same version:
    whether they ask it can't be told. Those that a key calls SHALL are in their texts."""
    return "conf" not in rule and version < "2022" and "shall" not in rule["key"]


def _dated(numbers: list[str], version: str) -> Facts:
    """The CONF number, the first version of the template that surely has the rule (none: all have it), and `first`
    where R1.1 has a rule of that number, of whatever strength."""
    if not numbers:
        return {"since": version} if version else {}
    release, _, number = numbers[-1].partition("-")
    since = min(_NEWEST_RELEASES.get(release, ""), version)
    dates: Facts = {"since": since} if since else {}
    return {"conf": numbers[-1], **dates, **({"first": True} if since and int(number) < _FIRST else {})}


def _slice(ident: str, snapshot: Mapping[str, Facts], profiles: Mapping[str, Facts]) -> list[list[Any]]:
    """How an item of the slice is told: `[kind, path, operand]`, of which all must hold."""
    parent, _, last = ident.rpartition(".")
    slicing = snapshot[f"{parent}.{last.partition(':')[0]}"].get("slicing", {})
    found = []
    for each in slicing.get("discriminator", ()):
        test = _discriminator(ident, each["type"], each["path"], snapshot, profiles)
        if test is not None:
            found.append(test)
    for below, element in snapshot.items():  # a discriminator may be missing where only one thing can be meant
        roots = _profiles_of(element, profiles) if element.get("min") and below.rpartition(".")[0] == ident else []
        if roots and ["profile", [_name(element)], roots] not in found:
            found.append(["profile", [_name(element)], roots])
    return found


def _discriminator(
    ident: str, kind: str, path: str, snapshot: Mapping[str, Facts], profiles: Mapping[str, Facts]
) -> list[Any] | None:
    inside = ident if path == "$this" else f"{ident}.{path}"
    element = snapshot.get(inside)
    if element is None:
        return None
    steps = [] if path == "$this" else [_name(snapshot[at]) for at in _steps(ident, path)]
    if kind == "value":
        fixed = _fixed(element)
        return None if fixed is None else ["value", steps, str(fixed)]
    if kind == "exists":
        there = bool(element.get("min"))
        return ["exists", steps, there] if there or element["max"] == "0" else None
    if kind == "type":
        return ["type", [], _types_of(element)]
    roots = _profiles_of(element, profiles)
    return ["profile", steps, roots] if roots else None


def _steps(ident: str, path: str) -> Iterator[str]:
    names = path.split(".")
    for number in range(1, len(names) + 1):
        yield f"{ident}.{'.'.join(names[:number])}"


# ---- classes ----------------------------------------------------------------------------------------------------


def _classes(profiles: Iterable[Facts]) -> Iterator[Entry]:
    """Every class that a snapshot shows the inside of, with its base's cardinalities."""
    found: dict[str, Facts] = {}
    for profile in sorted(profiles, key=lambda each: str(each["url"])):
        classes: dict[str, str] = {}
        for element in profile["snapshot"]["element"]:
            ident = element["id"]
            parent, _, last = ident.rpartition(".")
            types = _types_of(element) if parent else [profile["type"].rpartition("/")[2].replace("-", "_")]
            owner = classes.get(parent, "")
            if last == "item":
                classes[ident] = owner
                found[owner]["choice"] = True
                continue
            if types in (["Base"], ["InfrastructureRoot"]):
                types = [f"{owner}.{_name(element)}"]
            classes[ident] = types[0] if len(types) == 1 else ""
            if owner and ":" not in last:
                whole = found.setdefault(owner, {"attributes": {}, "children": {}})
                _member(whole, element, types, choice=parent.endswith(".item"))
    for name, facts in found.items():
        yield Entry(kind="Class", url=name, version="", facts={**facts, "children": [*facts["children"].items()]})


def _member(owner: Facts, element: Facts, types: list[str], *, choice: bool) -> None:
    """An attribute or child of a class, by what its base says. What is chosen from may be repeated."""
    name, base = _name(element), element.get("base", {})
    if name == "#":
        owner["text"] = True
        return
    facts: Facts = {}
    if base.get("min") and not choice:
        facts["min"] = base["min"]
    if base.get("max", "*") != "*" and not choice:
        facts["max"] = int(base["max"])
    members = owner["attributes" if name.startswith("@") else "children"]
    held = members.setdefault(name.removeprefix("@"), {**facts, "types": []})
    held["types"] = sorted({*held["types"], *types})


if __name__ == "__main__":
    out, *archives = map(Path, sys.argv[1:])
    for source in archives:
        made = build(source, out)
        sys.stdout.write(f"{made.name}: {made.stat().st_size:,} bytes\n")
