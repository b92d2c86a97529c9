"""Invented messages of many kinds, from HL7 v2 to FHIR, back, and to FHIR again: what holds for each of them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.document import Document
from mappings.run import Settings
from tests.mappings.shipped.messages import converter, document, everything

EVENTS = {
    "A01": "adt-a01", "A04": "adt-a01", "A08": "adt-a01", "A13": "adt-a01", "A02": "adt-a02", "A03": "adt-a03",
    "A05": "adt-a05", "A28": "adt-a05", "A31": "adt-a05", "A06": "adt-a06", "A11": "adt-a09", "A40": "adt-a39",
}  # fmt: skip
VERSIONS = ("2.3", "2.4", "2.5.1", "2.8.2", "2.9")

words = st.sampled_from(["Stone", "Åse Ødegård", "O'Neil", "李明", "Ada-Mae", "Jo", "de la Cruz"])
numbers = st.sampled_from(["4711", "0815", "K-9", "42"])
dates = st.sampled_from(["20240301", "19800203", "202403", "1999"])
times = st.sampled_from(["20240301081500+0000", "20240301081500-0500", "20231231235959+0930"])
optional = st.just("")


def row(name: str, **fields: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """A segment whose fields `_7` are drawn, each one absent now and then; the others are empty."""
    drawn = {int(key[1:]): optional | values for key, values in fields.items()}

    def line(values: tuple[str, ...]) -> str:
        held = dict(zip(drawn, values, strict=True))
        return "|".join([name, *(held.get(at, "") for at in range(1, max(drawn) + 1))]).rstrip("|")

    return st.tuples(*drawn.values()).map(line)


def several(items: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(items, min_size=1, max_size=3, unique=True).map("~".join)


identifiers = st.builds(
    "{}^^^{}^{}".format, numbers, st.sampled_from(["GH", "SOUTH"]), st.sampled_from(["MR", "PI", ""])
)
names = st.builds("{}^{}^^^^^{}".format, words, words, st.sampled_from(["L", "M", ""]))
streets = st.builds("{} St^^{}^{}^12345".format, words, words, st.sampled_from(["NY", ""]))
addresses = st.builds("{}^^{}".format, streets, st.sampled_from(["H", "B", "M", ""]))
phones = st.builds("^PRN^PH^^1^555^{}".format, st.integers(1000000, 9999999)) | st.just("^PRN^Internet^ada@example.org")
people = st.sampled_from(["D1^Who^Dot^^^^^^GH", "D2^Ågren^Bo^^^^^^GH", "D3^李^明^^^^^^SOUTH"])
places = st.builds(
    "{}^{}^{}^GH".format, st.sampled_from(["4E", "ICU"]), st.sampled_from(["12", ""]), st.sampled_from(["A", ""])
)
codes = st.builds(
    "{}^{}^{}".format, st.sampled_from(["Z59.0", "E11.9", "X"]), words, st.sampled_from(["I10", "SCT", "LN"])
)

pid = row(
    "PID", _3=several(identifiers), _5=several(names), _7=dates, _8=st.sampled_from(["F", "M", "U", "X"]),
    _10=st.sampled_from(["2106-3^White^CDCREC", "2054-5^Black or African American^CDCREC"]),
    _11=several(addresses), _13=several(phones), _15=st.sampled_from(["en", "spa"]), _16=st.sampled_from(["M", "S"]),
    _18=identifiers, _30=st.sampled_from(["Y", "N"]),
)  # fmt: skip
pv1 = row(
    "PV1", _2=st.sampled_from(["I", "O", "E", "P"]), _3=places, _4=st.sampled_from(["E", "R"]), _6=places,
    _7=several(people), _8=people, _10=st.sampled_from(["MED", "SUR"]), _14=st.sampled_from(["1", "7"]), _17=people,
    _19=numbers.map("{}^^^GH^VN".format), _36=st.sampled_from(["01", "03", "06"]), _44=times, _45=times,
)  # fmt: skip
others = st.lists(
    row("NK1", _1=st.just("1"), _2=names, _3=st.sampled_from(["MTH", "SPO", "E"]), _4=addresses, _5=phones)
    | row("DG1", _1=st.just("1"), _3=codes, _5=times, _6=st.sampled_from(["A", "F"]))
    | row(
        "AL1", _1=st.just("1"), _2=st.sampled_from(["DA", "FA"]), _3=codes, _4=st.sampled_from(["SV", "MI"]), _5=words
    )
    | st.builds("OBX|1|NM|{}||{}|kg^^UCUM|||||F".format, codes, st.decimals("0.01", "999", places=2))
    | st.builds("ZSD|{}|{}".format, words, numbers),
    max_size=3,
)


@st.composite
def messages(draw: st.DrawFn) -> tuple[str, str]:
    """A message and the map that reads it."""
    event = draw(st.sampled_from(sorted(EVENTS)))
    head = f"MSH|^~\\&|ADT1|GH|HUB|CITY|{draw(times)}||ADT^{event}|C1|P|{draw(st.sampled_from(VERSIONS))}"
    body = [head, f"EVN||{draw(times)}", draw(pid)]
    body += ["MRG|9999^^^GH^MR"] if event == "A40" else [draw(pv1), *draw(others)]
    return "\n".join(body), EVENTS[event]


def there(message: Document, map_id: str) -> Document:
    made = converter(map_id, "v2", "fhir")(message).document
    assert made is not None
    return made


def back(bundle: Document, map_id: str) -> Document:
    made = converter(map_id, "fhir", "v2")(bundle, Settings(target="2.5.1")).document
    assert made is not None
    return made


def plain(bundle: Document) -> dict[str, Any]:
    tree: dict[str, Any] = json.loads(json.dumps(bundle.root, default=str))
    return tree


@given(messages())
@settings(max_examples=40, derandomize=True)
def test_every_bundle_is_whole(drawn: tuple[str, str]) -> None:
    bundle = there(document(drawn[0]), drawn[1]).root
    nodes = list(everything(bundle))
    assert not [node for node in nodes if node in ("", [], {}, '""')]
    urls = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(set(urls)) == len(urls)
    assert {node["reference"] for node in nodes if isinstance(node, dict) and "reference" in node} <= set(urls)
    assert bundle["entry"][0]["resource"]["resourceType"] == "MessageHeader"


@given(messages())
@settings(max_examples=40, derandomize=True)
def test_what_went_there_comes_back_the_same(drawn: tuple[str, str]) -> None:
    first = there(document(drawn[0]), drawn[1])
    returned = back(first, drawn[1])
    assert plain(there(returned, drawn[1])) == plain(first)
