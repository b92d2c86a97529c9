"""What C-CDA paths lead to."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.formats.ccda import finders
from adapters.formats.ccda.paths import parse
from adapters.formats.ccda.tree import Node, Tree
from adapters.formats.ccda.walk import every, get, referred, text, valued
from conformance.syntax import PathError
from conformance.xml import parse as read
from mappings.emit import Module

DOCUMENT = b"""<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:v3="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<author><id root="9.1"/></author><author><id root="9.2"/></author>
<component><section><text><list><item ID="i1">One <content>two</content></item></list></text>
<entry><act negationInd="true"><templateId root="1.1" extension="2015-08-01"/><templateId root="1.1"/><id root="5"/>
<entryRelationship typeCode="SUBJ"><observation><templateId root="2.2"/><author><id root="9.3"/></author>
<value xsi:type="v3:CD" code=" A " nullFlavor="OTH"/><text><reference value="#i1"/></text><sdtc:raceCode code="R"/>
</observation></entryRelationship>
<entryRelationship typeCode="RSON"><act><templateId root="2.16.840.1.113883.10.20.22.4.122"/><id root="5"/></act>
</entryRelationship></act></entry></section></component></ClinicalDocument>"""


@pytest.fixture
def tree() -> Tree:
    element = read(DOCUMENT).value
    assert element is not None
    return Tree(element)


@pytest.fixture
def root(tree: Tree) -> Node:
    return tree.node


def texts(node: Node, path: str) -> list[str | None]:
    return [text(each) for each in every(node, parse(path))]


OBSERVATION = "component/section/entry/act/entryRelationship/observation"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("author/id/@root", ["9.1", "9.2"]),
        ("author[2]/id/@root", ["9.2"]),
        ("author[last()]/id/@root", ["9.2"]),
        (f"{OBSERVATION}/value/@code", ["A"]),
        (f"{OBSERVATION}/value/@xsi:type", ["CD"]),
        (f"{OBSERVATION}/value[!@nullFlavor]/@code", []),
        (f"{OBSERVATION}/value[@code=B|A]/@nullFlavor", ["OTH"]),
        (f"{OBSERVATION}/text", ["One two"]),
        (f"{OBSERVATION}/sdtc:raceCode/@code", ["R"]),
        (f"{OBSERVATION}/^author/id/@root", ["9.3"]),
        ("component/section/entry/act/^author/id/@root", ["9.1", "9.2"]),
        (f"{OBSERVATION}/^act[@negationInd=true]/id/@root", ["5"]),
        (f"{OBSERVATION}/../../id/@root", ["5"]),
        (f"{OBSERVATION}/author/id/../../../@typeCode", ["SUBJ"]),
        ("component/section/entry/act[template=1.1]/entryRelationship[!@typeCode=SUBJ]/*/id/@root", ["5"]),
        ("component/section/entry/act[template=2.2]/id/@root", []),
        (
            "component/section/text/xhtml()",
            ['<div xmlns="http://www.w3.org/1999/xhtml"><ul><li id="i1">One <span>two</span></li></ul></div>'],
        ),
    ],
)
def test_paths(root: Node, path: str, found: list[str]) -> None:
    assert texts(root, path) == found
    first = get(root, parse(path))
    assert text(first) == (found[0] if found else None)


def test_from_the_document(root: Node) -> None:
    (observation,) = every(root, parse(OBSERVATION))
    assert texts(observation, "/author[1]/id/@root") == ["9.1"]


def test_the_newest_version_of_a_template_is_known(root: Node) -> None:
    (act,) = every(root, parse("component/section/entry/act"))
    assert act.templates == {"1.1": "2015-08-01"}


def test_entry_references_lead_to_the_entry(root: Node) -> None:
    (act,) = every(root, parse("component/section/entry/act"))
    assert referred(every(root, parse("component/section/entry/act/entryRelationship/act"))) == [act]


@pytest.mark.parametrize("path", ["@a/b", "a b", "a[", "xhtml()/a", "a/", "^@x", "a:b"])
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(PathError):
        parse(path)


PATHS = [
    ".",
    "*",
    "author",
    "author[last()]",
    "author[id/@root=9.2][1]/id",
    "*/id/@root",
    "*[!templateId]/..",
    "..[template=1.1|2.2]/@negationInd",
    "id[@root=5|9.3]/@root",
    "templateId[2]/@root",
    "value[@xsi:type=CD]",
    "value/@code",
    "value[!@nullFlavor]/@code",
    "text/reference/@value",
    "observation[author/id]/text",
    "entryRelationship[@typeCode=SUBJ]/observation[template=2.2][value/@code=A]/value/@nullFlavor",
    "entryRelationship[!observation/@classCode]/act",
    "^author/id/@root",
    "^author[last()]/id",
    "^act[@negationInd=true]",
    "^section/text/xhtml()",
    "/author[2]/id/@root",
    "/component/section/entry/act[text=x]",
    "component/section[text]/entry",
]


@pytest.mark.parametrize("path", PATHS)
def test_generated_source_finds_what_walking_does(root: Node, path: str) -> None:
    """At every element: all, the first, whether something has a value, and whether one of the texts is asked for."""
    steps, module = parse(path), Module()
    code = module.function("run", "n")
    among = ("A", "One two", "9.2", "SUBJ")
    asked = (
        finders.every(code, "n", steps),
        finders.first(code, "n", steps),
        finders.some(code, "n", steps),
        finders.there(code, "n", steps, lambda found: f"text({found}) in {among!r}"),
    )
    code.add(f"return {', '.join(asked)}")
    space: dict[str, Any] = {"text": text}
    exec(module.source(), space)
    for node in root.within():
        known = every(node, steps)
        listed, first, some, there = space["run"](node)
        assert [*listed] == known
        assert first == get(node, steps)
        assert bool(some) is any(map(valued, known))
        assert bool(there) is any(text(each) in among for each in known)
