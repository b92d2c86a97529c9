"""The official word: a Schematron or an XML Schema that the user names, and how far our findings agree with it.

Schematron runs in saxonche (extra `schematron`); its XPath 2 is more than lxml can evaluate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from conformance.catalogue import issue
from conformance.ccda.schematron import Assertion, SchematronError, translate
from conformance.issue import Issue, Where
from conformance.xml import schema, text

_APART = 2
"""How many steps the context of an assertion may be above the place of a finding that is about the same."""

_KINDS = {
    "ELEMENT_CONTENT": "an element that is not expected here, or one that is missing",
    "CVC_COMPLEX_TYPE_3_2_1": "an attribute that is not allowed",
    "CVC_COMPLEX_TYPE_3_2_2": "an attribute that is not allowed",
    "CVC_COMPLEX_TYPE_4": "an attribute is missing",
    "CVC_COMPLEX_TYPE_2_3": "text where only elements may be",
    "CVC_ENUMERATION_VALID": "a value that is not one of those allowed",
    "CVC_PATTERN_VALID": "a value of another form",
    "CVC_DATATYPE_VALID_1_2_1": "a value of another data type",
    "CVC_ELT_4_2": "a type that the schema doesn't have",
}
"""libxml2's kinds of findings in words; what it says of them may quote the document."""


class Referee(Protocol):
    """Judges documents; ready to judge many."""

    name: str

    def judge(self, root: Any) -> Iterator[Issue]:
        """What it finds in a document (lxml's root element), each with XPath and line."""


class Schema:
    """An XML Schema: CDA_SDTC.xsd, say."""

    def __init__(self, file: Path) -> None:
        self.name = file.name
        self._schema = schema(file)

    def judge(self, root: Any) -> Iterator[Issue]:
        """libxml2's words may quote the document, so that they are what was found, and the message has its kind."""
        if self._schema.validate(root):
            return
        log: Any = self._schema.error_log
        for error in log:
            place = Where(path=_path(error.path or "", root), line=error.line or None)
            kind = error.type_name.removeprefix("SCHEMAV_")
            kind = _KINDS.get(kind, kind.lower().replace("_", " "))
            yield issue("CDA-0301", place, schema=self.name, kind=kind, found=error.message)


class Schematron:
    """A Schematron file; SchematronError where saxonche isn't there or the file can't be used."""

    def __init__(self, file: Path) -> None:
        self.name = file.name
        self._sheet = translate(file)
        try:
            from saxonche import PySaxonApiError, PySaxonProcessor
        except ImportError as error:
            raise SchematronError("Schematron needs saxonche: pip install 'sdoh-gateway[schematron]'") from error
        self._processor = PySaxonProcessor(license=False)
        try:
            self._run = self._processor.new_xslt30_processor().compile_stylesheet(stylesheet_text=self._sheet.xslt)
        except PySaxonApiError as error:
            raise SchematronError(f"{file.name} has an expression that isn't XPath 2") from error

    def judge(self, root: Any) -> Iterator[Issue]:
        """In the file's order."""
        node = self._processor.parse_xml(xml_text=text(root))
        yield from failures(self.name, self._sheet.assertions, self._run.transform_to_string(xdm_node=node) or "", root)


def failures(file: str, assertions: Sequence[Assertion], output: str, root: Any) -> Iterator[Issue]:
    """The findings that a stylesheet has written; what can't be evaluated (its vocabulary isn't there) is told once."""
    told: set[str] = set()
    for line in output.splitlines():
        number, _, path = line.partition("\t")
        if number.endswith("?") and number in told:
            continue
        told.add(number)
        said = assertions[int(number.rstrip("?"))]
        place = Where(path=path, line=_line(root, path))
        conf = f" [CONF:{said.conf}]" if said.conf and said.conf not in said.text else ""
        code = "CDA-0303" if number.endswith("?") else "CDA-0302"
        made = issue(code, place, file=file, text=said.text + conf)
        yield replace(made, severity="warning") if said.warning and made.severity == "error" else made


def judged(root: Any, ours: Iterable[Issue], referees: Iterable[Referee]) -> Iterator[Issue]:
    """What the referees find, and for each how far our errors agree with its, by place."""
    own = {each.at.path for each in ours if each.severity == "error" and each.code.startswith("CDA-02")}
    for each in referees:
        found = list(each.judge(root))
        theirs = {one.at.path for one in found if one.severity == "error"}
        both = {path for path in theirs if any(_near(path, other) for other in own)}
        alone = {path for path in own if not any(_near(path, other) for other in theirs)}
        yield from found
        counts = {"both": len(both), "theirs": len(theirs - both), "ours": len(alone)}
        yield issue("CDA-0304", Where(path="/ClinicalDocument"), found=None, referee=each.name, **counts)


def _near(one: str, other: str) -> bool:
    """The same place, or one in the other: a missing child is told at its parent, a wrong one at itself."""
    one, other = (path.partition("/@")[0] for path in sorted((one, other), key=len))
    return other == one or (other.startswith(f"{one}/") and other.count("/") - one.count("/") <= _APART)


def _line(root: Any, path: str) -> int | None:
    """The line of the element at an XPath of ours."""
    node = root
    for step in path.split("/")[2:]:
        name, _, number = step.rstrip("]").partition("[")
        local = name.rpartition(":")[2]
        beside = [each for each in node if isinstance(each.tag, str) and each.tag.rpartition("}")[2] == local]
        if len(beside) < int(number or 1):
            return None
        node = beside[int(number or 1) - 1]
    line: int | None = node.sourceline
    return line


def _path(path: str, root: Any) -> str:
    """libxml2's XPath, `/*/*[3]`, in the notation of our findings."""
    node, steps = root, [f"/{root.tag.rpartition('}')[2]}"]
    for step in path.split("/")[2:]:
        number = step.partition("[")[2].rstrip("]")
        children = [each for each in node if isinstance(each.tag, str)]
        if not step.startswith("*") or len(children) < int(number or 1):
            return "".join(steps)
        node = children[int(number or 1) - 1]
        beside = [each for each in children if each.tag == node.tag]
        place = f"[{beside.index(node) + 1}]" if len(beside) > 1 else ""
        prefix = "sdtc:" if node.tag.startswith("{urn:hl7-org:sdtc}") else ""
        steps.append(f"/{prefix}{node.tag.rpartition('}')[2]}{place}")
    return "".join(steps)
