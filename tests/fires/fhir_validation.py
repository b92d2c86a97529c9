"""Every code of the FHIR validator, fired by a real call."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from conformance import fhir
from conformance.definitions.registry import SHIPPED, Registry
from conformance.issue import Issue

Json = dict[str, Any]
SD = "http://example.org/StructureDefinition/"
HL7 = "http://hl7.org/fhir/StructureDefinition/"
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">text</div>'


def patient(**elements: Any) -> Json:
    return {"resourceType": "Patient", **elements}


def observation(**elements: Any) -> Json:
    return {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, **elements}


def validate(resource: Json, *more: Json, profiles: Iterable[str] = ()) -> Iterable[Issue]:
    validator = fhir.Validator(Registry(resources=more, shipped=SHIPPED[:1])) if more else None
    return fhir.validate(resource, validator=validator, profiles=profiles)


def profile(name: str, type_: str, *elements: Json, **more: Any) -> Json:
    return {
        "resourceType": "StructureDefinition", "url": SD + name, "name": name, "status": "draft", "kind": "resource",
        "abstract": False, "type": type_, "baseDefinition": HL7 + type_, "derivation": "constraint",
        "differential": {"element": [{"id": type_, "path": type_}, *elements]}, **more,
    }  # fmt: skip


def element(ident: str, **facts: Any) -> Json:
    path = ".".join(step.partition(":")[0] for step in ident.split("."))
    made = {"id": ident, "path": path, **facts}
    name = ident.rpartition(".")[2].partition(":")[2]
    return {**made, "sliceName": name} if name else made


def against(resource: Json, *elements: Json, extra: Iterable[Json] = ()) -> Iterable[Issue]:
    """Findings of a resource against a profile with these elements."""
    made = profile("p", resource["resourceType"], *elements)
    return validate(resource, made, *extra, profiles=[SD + "p"])


def extension(name: str, context: str = "Patient", **more: Any) -> Json:
    root: Json = {"id": "Extension", "path": "Extension"}
    if more.pop("modifier", False):
        root["isModifier"] = True
    made = profile(name, "Extension", element("Extension.url", fixedUri=SD + name), **more)
    made["differential"]["element"][0] = root
    return {**made, "kind": "complex-type", "context": [{"type": "element", "expression": context}]}


def bundle(*entries: Json, kind: str = "collection", **more: Any) -> Json:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries), **more}


def entry(url: str, **resource: Any) -> Json:
    return {"fullUrl": url, "resource": resource}


EXTENDED = {"url": SD + "e", "valueString": "x"}


def constraint(severity: str, expression: str) -> Json:
    return {"key": "k", "severity": severity, "human": "h", "expression": expression}


def deep(levels: int) -> Json:
    node: Json = {"url": "http://example.org/a", "valueString": "x"}
    for _ in range(levels):
        node = {"url": "http://example.org/a", "extension": [node]}
    return patient(extension=[node])


SLICES = (
    element("Patient.identifier", slicing={"discriminator": [{"type": "value", "path": "system"}], "rules": "closed",
                                           "ordered": True}),
    element("Patient.identifier:a", min=1, max="1"),
    element("Patient.identifier:a.system", fixedUri="urn:a"),
    element("Patient.identifier:b", min=0, max="1"),
    element("Patient.identifier:b.system", fixedUri="urn:b"),
)  # fmt: skip
UNDECIDED = (
    element("Patient.identifier", slicing={"discriminator": [{"type": "value", "path": "type"}], "rules": "open"}),
    element("Patient.identifier:a", min=1),
    element("Patient.identifier:a.type", min=1,
            binding={"strength": "required", "valueSet": "http://example.org/ValueSet/unknown"}),
)  # fmt: skip
LANGUAGE = {"url": HL7 + "narrative-language-control", "valueCode": "_yes"}
R5 = "http://hl7.org/fhir/5.0/StructureDefinition/extension-ElementDefinition."
ABSENT = {"extension": [{"url": HL7 + "data-absent-reason", "valueCode": "unknown"}]}
SYSTEM: Json = {
    "resourceType": "CodeSystem", "url": "http://example.org/cs", "status": "draft", "content": "complete",
    "property": [{"code": "p", "type": "Coding"}], "concept": [{"code": "a", "display": "Alpha"}, {"code": "b"}],
}  # fmt: skip
VALUES: Json = {
    "resourceType": "ValueSet", "url": "http://example.org/vs", "status": "draft",
    "compose": {"include": [{"system": "http://example.org/cs", "concept": [{"code": "a"}]}]},
}  # fmt: skip
SUPPLEMENT = {**SYSTEM, "url": "http://example.org/supplement", "content": "supplement", "supplements": "urn:other"}


def identified(*systems: str) -> Json:
    return patient(identifier=[{"system": system, "value": "1"} for system in systems])


def coded(system: str, code: str, **more: Any) -> Json:
    return observation(code={"coding": [{"system": system, "code": code, **more}]})


def value_set(**include: Any) -> Json:
    return {**VALUES, "url": "http://example.org/made", "compose": {"include": [include]}}


def question(**item: Any) -> Json:
    items = [{"linkId": "1", "type": "boolean"}, {"linkId": "2", **item}, {"linkId": "g", "type": "group"}]
    return {"resourceType": "Questionnaire", "url": "http://example.org/q", "status": "draft", "item": items}


def answers(*items: Json) -> Json:
    return {"resourceType": "QuestionnaireResponse", "status": "completed", "questionnaire": "http://example.org/q",
            "item": list(items)}  # fmt: skip


def answer(link: str, **value: Any) -> Json:
    return {"linkId": link, "answer": [value]}


MEASURE: Json = {
    "resourceType": "Measure", "url": "http://example.org/m", "status": "draft", "library": ["http://example.org/l"],
    "group": [{"population": [{"code": {"coding": [{"code": "initial-population"}]},
                               "criteria": {"language": "text/cql", "expression": "L.Missing"}}]}],
}  # fmt: skip
LIBRARY: Json = {
    "resourceType": "Library", "url": "http://example.org/l", "name": "L", "status": "draft",
    "type": {"text": "logic"}, "content": [{"contentType": "text/cql", "data": "ZGVmaW5lIEZvdW5kOiB0cnVl"}],
}  # fmt: skip


def report(*groups: Json, **more: Any) -> Json:
    return {"resourceType": "MeasureReport", "status": "complete", "type": "summary", "measure": "http://example.org/m",
            "period": {"start": "2024"}, "group": list(groups), **more}  # fmt: skip


def population(code: str, **more: Any) -> Json:
    return {"population": [{"code": {"coding": [{"code": code}]}, "count": 1, **more}]}


STRUCTURE: dict[str, Callable[[], Iterable[Issue]]] = {
    "FHIR-0001": lambda: validate({"resourceType": "Nothing"}),
    "FHIR-0002": lambda: validate(patient(nickname="Lu")),
    "FHIR-0003": lambda: validate(patient(name={"family": "x"})),
    "FHIR-0004": lambda: validate({"resourceType": "Observation", "status": "final"}),
    "FHIR-0005": lambda: against(patient(name=[{"family": "a"}, {"family": "b"}]), element("Patient.name", max="1")),
    "FHIR-0006": lambda: against(patient(name=[{"family": "a"}]), element("Patient.name", max="0")),
    "FHIR-0007": lambda: against(
        bundle(entry("urn:x", **patient(id="a"))), element("Bundle.entry.resource", type=[{"code": "Practitioner"}])
    ),
    "FHIR-0008": lambda: validate(patient(birthDate="2023-02-31")),
    "FHIR-0009": lambda: validate(patient(name=[])),
    "FHIR-0010": lambda: validate(patient(name=[{"given": ["a", None]}])),
    "FHIR-0011": lambda: validate(deep(250)),
    "FHIR-0012": lambda: against(
        observation(valueString="x"), element("Observation.value[x]", type=[{"code": "Quantity"}])
    ),
    "FHIR-0013": lambda: validate(patient(fhir_comments=["x"])),
    "FHIR-0014": lambda: validate(patient(deceasedBoolean=True, deceasedDateTime="2024")),
    "FHIR-0015": lambda: against(patient(gender="unknown"), element("Patient.gender", maxLength=3)),
    "FHIR-0016": lambda: against(
        patient(_active=ABSENT),
        element("Patient.active", extension=[{"url": R5 + "mustHaveValue", "valueBoolean": True}]),
    ),
    "FHIR-0017": lambda: against(
        patient(_active=ABSENT),
        element("Patient.active", extension=[{"url": R5 + "valueAlternatives", "valueCanonical": SD + "other"}]),
    ),
    "FHIR-0020": lambda: against(patient(gender="male"), element("Patient.gender", fixedCode="female")),
    "FHIR-0021": lambda: against(patient(gender="male"), element("Patient.gender", patternCode="female")),
    "FHIR-0022": lambda: against(
        patient(birthDate="1999-01-01"), element("Patient.birthDate", minValueDate="2000-01-01")
    ),
    "FHIR-0023": lambda: against(patient(birthDate="2000"), element("Patient.birthDate", minValueDate="2000-01-01")),
    "FHIR-0030": lambda: against(identified("urn:b"), *SLICES),
    "FHIR-0031": lambda: against(identified("urn:a", "urn:a"), *SLICES),
    "FHIR-0032": lambda: against(identified("urn:a", "urn:c"), *SLICES),
    "FHIR-0033": lambda: against(identified("urn:b", "urn:a"), *SLICES),
    "FHIR-0034": lambda: against(patient(identifier=[{"type": {"coding": [{"code": "x"}]}}]), *UNDECIDED),
}

CODED: dict[str, Callable[[], Iterable[Issue]]] = {
    "FHIR-0040": lambda: validate(patient(gender="robot")),
    "FHIR-0041": lambda: against(
        coded("http://example.org/cs", "b"),
        element("Observation.code", binding={"strength": "extensible", "valueSet": "http://example.org/vs"}),
        extra=[SYSTEM, VALUES],
    ),
    "FHIR-0042": lambda: validate(coded("http://example.org/cs", "z"), SYSTEM),
    "FHIR-0043": lambda: validate(coded("http://example.org/cs", "a", display="Beta"), SYSTEM),
    "FHIR-0044": lambda: against(
        coded("http://example.org/cs", "b"),
        element("Observation.code", binding={"strength": "required", "valueSet": "http://example.org/unknown"}),
    ),
    "FHIR-0045": lambda: against(
        observation(), element("Observation.code", binding={"strength": "required", "valueSet": "http://example.org/vs"}),
        extra=[VALUES],
    ),
    "FHIR-0046": lambda: validate(coded("http://hl7.org/fhir/ValueSet/administrative-gender", "male")),
    "FHIR-0047": lambda: validate(patient(identifier=[{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1"}])),
    "FHIR-0048": lambda: validate(coded("loinc", "1")),
    "FHIR-0056": lambda: validate(patient(identifier=[{"system": "urn:ietf:rfc:3986", "value": "12"}])),
    "FHIR-0057": lambda: validate(coded("http://build.fhir.org/codesystem-x.html", "1")),
    "FHIR-0049": lambda: validate(coded("http://example.org/supplement", "a"), SUPPLEMENT),
    "FHIR-0050": lambda: validate(patient(contact=[{"gender": "male"}])),
    "FHIR-0051": lambda: against(
        patient(gender="male"),
        element("Patient.gender", constraint=[constraint("warning", "false")]),
    ),
    "FHIR-0052": lambda: against(
        patient(gender="male"),
        element("Patient.gender", constraint=[constraint("error", "nothing()")]),
    ),
    "FHIR-0053": lambda: validate(coded("http://hl7.org/fhir/sid/icd-10-cm", "Z59.8")),
    "FHIR-0054": lambda: validate(coded("http://hl7.org/fhir/sid/icd-10-cm", "Z59.77")),
    "FHIR-0060": lambda: validate(patient(extension=[{"url": "http://hospital.test/e", "valueString": "x"}])),
    "FHIR-0061": lambda: validate(patient(extension=[EXTENDED]), extension("e", "Observation")),
    "FHIR-0062": lambda: validate(
        patient(extension=[EXTENDED]), extension("e", modifier=True)
    ),
    "FHIR-0063": lambda: validate(patient(extension=[{"url": HL7 + "no-such", "valueString": "x"}])),
    "FHIR-0064": lambda: validate(
        patient(extension=[{"url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race",
                            "extension": [{"url": "text", "valueString": "x"}, {"url": "z", "valueString": "x"}]}])
    ),
    "FHIR-0065": lambda: validate(
        patient(extension=[EXTENDED]), extension("e", contextInvariant=["gender.exists()"])
    ),
    "FHIR-0019": lambda: validate(patient(meta={"security": [{"system": "http://x.org", "code": "R"}] * 2})),
    "FHIR-0018": lambda: validate(patient(name=[{"id": "a", "family": "A"}, {"id": "a", "family": "B"}])),
    "FHIR-0055": lambda: validate(observation(code={"coding": [{"code": "a"}]})),
    "FHIR-0070": lambda: validate(observation(subject={"reference": "Practitioner/1"})),
    "FHIR-0071": lambda: against(
        observation(subject={"reference": "#p"}, contained=[patient(id="p")]),
        element("Observation.subject", type=[{"code": "Reference", "targetProfile": [SD + "named"]}]),
        extra=[profile("named", "Patient", element("Patient.name", min=1))],
    ),
    "FHIR-0076": lambda: against(
        observation(subject={"reference": "#p"}, contained=[patient(id="p")]),
        element("Observation.subject", type=[{"code": "Reference", "aggregation": ["bundled"]}]),
    ),
    "FHIR-0077": lambda: against(
        observation(subject={"reference": "Patient/p"}),
        element("Observation.subject", type=[{"code": "Reference", "aggregation": ["bundled"]}]),
    ),
    "FHIR-0078": lambda: validate(
        observation(subject={"reference": "#p"}, contained=[patient(id="p"), patient(id="p")])
    ),
    "FHIR-0072": lambda: validate(observation(subject={"reference": "#p"})),
    "FHIR-0073": lambda: validate(observation(subject={"reference": "somewhere"})),
    "FHIR-0074": lambda: validate(observation(subject={"reference": "Patient/1", "type": "Group"})),
    "FHIR-0075": lambda: validate(observation(contained=[patient()])),
}  # fmt: skip

BUNDLES: dict[str, Callable[[], Iterable[Issue]]] = {
    "FHIR-0080": lambda: validate(bundle({"resource": {"resourceType": "Composition"}}, kind="document")),
    "FHIR-0081": lambda: validate(bundle(entry("Patient/1", **patient(id="1")))),
    "FHIR-0082": lambda: validate(bundle(entry("http://example.org/Patient/1", **patient()))),
    "FHIR-0083": lambda: validate(bundle(entry("http://example.org/Patient/1", **patient(id="2")))),
    "FHIR-0084": lambda: validate(
        bundle(link=[{"relation": "next", "url": "http://a.test"}, {"relation": "next", "url": "http://b.test"}])
    ),
    "FHIR-0085": lambda: validate(bundle(entry("urn:x", **patient(id="1")), kind="message")),
    "FHIR-0086": lambda: validate(bundle(entry("http://example.org/x", **patient()), kind="searchset")),
    "FHIR-0087": lambda: validate(
        bundle(
            entry("urn:uuid:5c1c8a1e-0001-4000-8000-000000000001", resourceType="MessageHeader", id="h",
                  eventUri="urn:e", source={"endpoint": "urn:s"}, focus=[{"reference": "urn:uuid:gone"}]),
            kind="message",
        )
    ),
    "FHIR-0088": lambda: validate(
        bundle(entry("urn:x:1", resourceType="Composition"), entry("urn:x:2", **patient(id="p")), kind="document")
    ),
    "FHIR-0089": lambda: validate(
        bundle(entry("urn:x", **patient(id="p")) | {"search": {"mode": "outcome"}}, kind="searchset")
    ),
    "FHIR-0090": lambda: validate(
        patient(text={"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml"><script/></div>'})
    ),
    "FHIR-0091": lambda: validate(
        patient(text={"status": "generated",
                      "div": '<div xmlns="http://www.w3.org/1999/xhtml"><a href="#x">x</a></div>'})
    ),
    "FHIR-0092": lambda: against(
        patient(text={"status": "generated", "div": DIV}), element("Patient.text", extension=[LANGUAGE])
    ),
    "FHIR-0101": lambda: validate(patient(meta={"profile": ["http://elsewhere.test/p"]})),
    "FHIR-0102": lambda: validate(patient(meta={"profile": [HL7 + "no-such-profile"]})),
    "FHIR-0103": lambda: validate(patient(meta={"profile": [HL7 + "bp"]})),
    "FHIR-0104": lambda: validate(
        patient(), profile("p", "Patient", baseDefinition="http://elsewhere.test/p"), profiles=[SD + "p"]
    ),
    "FHIR-0106": lambda: validate(
        patient(),
        profile("p", "Patient", baseDefinition="http://elsewhere.test/p",
                snapshot={"element": [{"id": "Patient", "path": "Patient"}]}),
        profiles=[SD + "p"],
    ),
    "FHIR-0107": lambda: against(
        patient(address=[{"city": "x"}]),
        element("Patient.address", type=[{"code": "Address", "profile": ["http://elsewhere.test/address"]}]),
    ),
    "FHIR-0105": lambda: against(
        patient(address=[{"city": "x"}]),
        element("Patient.address", type=[{"code": "Address", "profile": [SD + "a1", SD + "a2"]}]),
        extra=[profile(name, "Address", element(f"Address.{part}", min=1))
               for name, part in (("a1", "country"), ("a2", "state"))],
    ),
    "FHIR-0112": lambda: against(
        patient(photo=[{"contentType": "text/plain", "data": "aGk="}]),
        element("Patient.photo", extension=[{"url": HL7 + "maxSize", "valueDecimal": 1}]),
    ),
    "FHIR-0111": lambda: validate(patient(photo=[{"contentType": "text/plain", "data": "aGk=", "hash": "aGk="}])),
    "FHIR-0110": lambda: validate(patient(photo=[{"contentType": "text/plain", "data": "aGk=", "size": 3}])),
}  # fmt: skip

CONTENT: dict[str, Callable[[], Iterable[Issue]]] = {
    "FHIR-0120": lambda: validate({**SYSTEM, "property": [{"code": "p", "type": "code"}] * 2}),
    "FHIR-0121": lambda: validate(
        {**SYSTEM, "concept": [{"code": "a", "property": [{"code": "p", "valueString": "x"}]}]}
    ),
    "FHIR-0122": lambda: validate(value_set(system="#here")),
    "FHIR-0123": lambda: validate(
        value_set(system="http://example.org/cs", filter=[{"property": "z", "op": "=", "value": "a"}]), SYSTEM
    ),
    "FHIR-0119": lambda: validate({**SYSTEM, "count": 99}),
    "FHIR-0124": lambda: validate(profile("q", "Patient", element("Patient.name", constraint=[
        {"key": "a-1", "severity": "error", "human": "h", "expression": "use = "}]))),
    "FHIR-0149": lambda: validate(profile("q", "Patient", element("Patient.gender", patternString="male"))),
    "FHIR-0125": lambda: validate(profile("q", "Patient", element("Patient.nothing.inside", min=1))),
    "FHIR-0126": lambda: validate(
        profile("q", "Patient", element("Patient.identifier", slicing={
            "discriminator": [{"type": "value", "path": "nothing"}], "rules": "open"}))
    ),
    "FHIR-0127": lambda: validate(
        profile("q", "Patient", element("Patient.name", min=1),
                extension=[{"url": HL7 + "obligation-profile", "valueBoolean": True}])
    ),
    "FHIR-0128": lambda: validate(
        {"resourceType": "ConceptMap", "url": "http://example.org/cm", "status": "draft",
         "sourceCanonical": "http://example.org/vs",
         "group": [{"source": "http://example.org/cs", "element": [{"code": "b"}]}]},
        SYSTEM, VALUES,
    ),
    "FHIR-0129": lambda: validate(profile("q", "Patient", element("Patient.birthDate", max="2"))),
    "FHIR-0130": lambda: validate(answers(answer("9", valueBoolean=True)), question(type="string")),
    "FHIR-0131": lambda: validate(
        answers(answer("2", valueString="x"), answer("1", valueBoolean=True)), question(type="string")
    ),
    "FHIR-0132": lambda: validate(answers(), question(type="string", required=True)),
    "FHIR-0133": lambda: validate(
        answers(answer("1", valueBoolean=False), answer("2", valueString="x")),
        question(type="string", enableWhen=[{"question": "1", "operator": "=", "answerBoolean": True}]),
    ),
    "FHIR-0134": lambda: validate(answers(answer("2", valueString="x")), question(type="integer")),
    "FHIR-0135": lambda: validate(
        answers(answer("2", valueCoding={"code": "b"})),
        question(type="choice", answerOption=[{"valueCoding": {"code": "a"}}]),
    ),
    "FHIR-0136": lambda: validate(
        answers({"linkId": "2", "answer": [{"valueString": "a"}, {"valueString": "b"}]}), question(type="string")
    ),
    "FHIR-0137": lambda: validate(answers(answer("g", valueString="x")), question(type="string")),
    "FHIR-0139": lambda: validate(
        answers(answer("2", valueString="x") | {"text": "Why?"}), question(type="string", text="What?")
    ),
    "FHIR-0138": lambda: validate(answers(answer("1", valueBoolean=True))),
    "FHIR-0140": lambda: validate(report(population("initial-population"), population("initial-population")), MEASURE),
    "FHIR-0141": lambda: validate(report(population("numerator")), MEASURE),
    "FHIR-0142": lambda: validate(report(population("initial-population", subjectResults={"reference": "List/1"}))),
    "FHIR-0143": lambda: validate(MEASURE, LIBRARY),
    "FHIR-0145": lambda: validate(
        question(type="string", enableWhen=[{"question": "9", "operator": "exists", "answerBoolean": True}])
    ),
    "FHIR-0146": lambda: validate(
        operation(inputProfile=SD + "params"),
        profile("params", "Parameters",
                element("Parameters.parameter", slicing={"discriminator": [{"type": "value", "path": "name"}]}),
                element("Parameters.parameter:x", min=1), element("Parameters.parameter:x.name", fixedString="x")),
    ),
    "FHIR-0147": lambda: validate(operation(outputProfile=HL7 + "bp")),
    "FHIR-0148": lambda: validate(operation(inputProfile="http://elsewhere.test/params")),
    "FHIR-0150": lambda: validate(report(
        population("initial-population", count=3, subjectResults={"reference": "#l"}), contained=[
            {"resourceType": "List", "id": "l", "status": "current", "mode": "snapshot",
             "entry": [{"item": {"reference": "Patient/1"}}]}]), MEASURE),
    "FHIR-0144": lambda: validate(report(population("initial-population"))),
}  # fmt: skip


def operation(**elements: Any) -> Json:
    parameter = {"name": "x", "use": "in", "min": 0, "max": "1", "type": "string"}
    return {
        "resourceType": "OperationDefinition", "name": "Op", "status": "draft", "kind": "operation", "code": "op",
        "system": True, "type": False, "instance": False, "parameter": [parameter], **elements,
    }  # fmt: skip


FIRES: dict[str, Callable[[], Iterable[Issue]]] = {**STRUCTURE, **CODED, **BUNDLES, **CONTENT}
