"""What profiles ask, on resources made up for it: the specification's sentences, each way round."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from conformance.fhir import Validator
from conformance.issue import Issue
from tests.fires.fhir_validation import (
    DIV,
    HL7,
    SD,
    against,
    bundle,
    element,
    entry,
    observation,
    patient,
    profile,
    validate,
)  # fmt: skip

Json = dict[str, Any]
UCUM = "http://unitsofmeasure.org"
MARRIED: Json = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "code": "M"}]}
UNKNOWN = {"extension": [{"url": f"{HL7}data-absent-reason", "valueCode": "unknown"}]}


def errors(found: Iterable[Issue]) -> list[str]:
    return sorted({each.code for each in found if each.severity in ("error", "fatal")})


def sliced(path: str, kind: str, by: str, **more: Any) -> Json:
    return element(path, slicing={"discriminator": [{"type": kind, "path": by}], "rules": "open", **more})


def name(use: str) -> Json:
    return {"use": use, "family": "Quill"}


BY_POSITION = (
    sliced("Patient.name", "position", "$this"),
    element("Patient.name:first", min=1, max="1"), element("Patient.name:first.use", min=1, fixedCode="official"),
    element("Patient.name:second", min=0, max="1"), element("Patient.name:second.use", min=1, fixedCode="usual"),
)  # fmt: skip
BY_USE = (
    element("Patient.name:a", min=0, max="1"), element("Patient.name:a.use", min=1, fixedCode="official"),
    element("Patient.name:b", min=0, max="1"), element("Patient.name:b.use", min=1, fixedCode="usual"),
)  # fmt: skip
RESLICED = (
    sliced("Patient.identifier", "value", "system"),
    element("Patient.identifier:a", min=0, max="*", slicing={"discriminator": [{"type": "value", "path": "use"}]}),
    element("Patient.identifier:a.system", min=1, fixedUri="http://a.test"),
    element("Patient.identifier:a/o", min=1, max="1"),
    element("Patient.identifier:a/o.use", min=1, fixedCode="official"),
    element("Patient.identifier:a/o.value", min=1),
)
BY_PROFILE = (
    sliced("Bundle.entry", "profile", "resource", rules="closed"), element("Bundle.entry:p", min=1, max="1"),
    element("Bundle.entry:p.resource", min=1, type=[{"code": "Patient", "profile": [SD + "named"]}]),
)  # fmt: skip
NAMED = profile("named", "Patient", element("Patient.name", min=1))
DEFAULTED = (
    sliced("Patient.telecom", "value", "system", rules="closed"), element("Patient.telecom:phone", min=0, max="1"),
    element("Patient.telecom:phone.system", min=1, fixedCode="phone"),
    element("Patient.telecom:@default", min=0, max="*"), element("Patient.telecom:@default.use", min=1),
)  # fmt: skip
NESTED = (
    sliced("Observation.category", "pattern", "$this"), element("Observation.category:m", min=1, max="1",
                                                                patternCodeableConcept=MARRIED),
    sliced("Observation.category:m.coding", "value", "system"),
    element("Observation.category:m.coding:x", min=1, max="1"),
    element("Observation.category:m.coding:x.system", min=1, fixedUri="http://example.org/x"),
)  # fmt: skip
OWN = {"system": "http://example.org/x", "code": "q"}


@pytest.mark.parametrize(
    ("resource", "elements", "codes"),
    [
        (patient(name=[name("official"), name("usual")]), BY_POSITION, []),
        (patient(name=[name("usual"), name("official")]), BY_POSITION, ["FHIR-0020"]),
        (patient(name=[name("usual"), name("official")]),
         (sliced("Patient.name", "value", "use", ordered=True), *BY_USE), ["FHIR-0033"]),
        (patient(name=[name("nickname"), name("official")]),
         (sliced("Patient.name", "value", "use", rules="openAtEnd"), *BY_USE), ["FHIR-0033"]),
        (patient(name=[name("official"), name("nickname")]),
         (sliced("Patient.name", "value", "use", rules="openAtEnd"), *BY_USE), []),
        (patient(identifier=[{"system": "http://a.test", "value": "1", "use": "usual"}]), RESLICED, ["FHIR-0030"]),
        (patient(identifier=[{"system": "http://a.test", "use": "official"}]), RESLICED, ["FHIR-0004"]),
        (patient(identifier=[{"system": "http://a.test", "value": "1", "use": "official"}]), RESLICED, []),
        (patient(telecom=[{"system": "phone", "value": "1"}, {"system": "phone", "value": "2"}]), DEFAULTED,
         ["FHIR-0031"]),
        (patient(telecom=[{"system": "email", "value": "a@b.test"}]), DEFAULTED, ["FHIR-0004"]),
        (observation(category=[MARRIED]), NESTED, ["FHIR-0030"]),
        (observation(category=[{"coding": [*MARRIED["coding"], OWN]}]), NESTED, []),
    ],
)  # fmt: skip
def test_slices(resource: Json, elements: tuple[Json, ...], codes: list[str]) -> None:
    assert errors(against(resource, *elements)) == codes


@pytest.mark.parametrize(("resource", "codes"), [
    (patient(id="1", name=[name("usual")]), []), (patient(id="1"), ["FHIR-0030", "FHIR-0032"]),
])  # fmt: skip
def test_slices_by_the_profile_of_a_resource(resource: Json, codes: list[str]) -> None:
    made = bundle(entry("http://e.test/Patient/1", **resource))
    assert errors(against(made, *BY_PROFILE, extra=[NAMED])) == codes


def test_a_rule_on_resources_of_any_type_leaves_each_its_own() -> None:
    rule = element(
        "Bundle.entry.resource",
        min=1,
        constraint=[{"key": "known", "severity": "error", "human": "has an id", "expression": "id.exists()"}],
    )
    made = bundle(entry("http://e.test/Patient/1", **patient(id="1", gender="male", name=[name("usual")])))
    assert errors(against(made, rule)) == []


@pytest.mark.parametrize(
    ("value", "unit", "codes"),
    [(1999, "g", []), (2001, "g", ["FHIR-0022"]), (5, "[lb_av]", ["FHIR-0022"]), (1, "m", ["FHIR-0023"])],
)
def test_limits_across_units(value: int, unit: str, codes: list[str]) -> None:
    most = element("Observation.value[x]", maxValueQuantity={"value": 2, "system": UCUM, "code": "kg"},
                   type=[{"code": "Quantity"}])  # fmt: skip
    quantity = {"value": value, "unit": unit, "system": UCUM, "code": unit}
    assert errors(against(observation(valueQuantity=quantity), most)) == codes


@pytest.mark.parametrize(
    ("purpose", "codes"),
    [("required", ["FHIR-0040"]), ("maximum", ["FHIR-0040"]), ("candidate", []), ("preferred", [])],
)
def test_additional_bindings(purpose: str, codes: list[str]) -> None:
    binding = {
        "strength": "extensible",
        "valueSet": "http://hl7.org/fhir/ValueSet/marital-status",
        "additional": [{"purpose": purpose, "valueSet": "http://hl7.org/fhir/ValueSet/administrative-gender"}],
    }
    assert errors(against(patient(maritalStatus=MARRIED), element("Patient.maritalStatus", binding=binding))) == codes


@pytest.mark.parametrize(
    ("reference", "modes", "codes"),
    [
        ("#p", ["contained"], []), ("#p", ["referenced"], ["FHIR-0076"]),
        ("Patient/1", ["contained"], ["FHIR-0076"]), ("Patient/1", ["referenced"], []),
        ("Patient/1", ["bundled"], []), ("Patient/1", ["referenced", "contained"], []),
    ],
)  # fmt: skip
def test_where_targets_may_be(reference: str, modes: list[str], codes: list[str]) -> None:
    contained = {"contained": [patient(id="p")]} if reference == "#p" else {}
    resource = observation(subject={"reference": reference}, **contained)
    rule = element("Observation.subject", type=[{"code": "Reference", "aggregation": modes}])
    assert errors(against(resource, rule)) == codes


@pytest.mark.parametrize(("target", "codes"), [("1", []), ("2", ["FHIR-0076"])])
def test_a_bundled_target_is_in_the_bundle(target: str, codes: list[str]) -> None:
    rule = element("Observation.subject", type=[{"code": "Reference", "aggregation": ["bundled"]}])
    made = profile("o", "Observation", rule)
    seen = observation(id="o", subject={"reference": f"Patient/{target}"}, meta={"profile": [SD + "o"]})
    whole = bundle(entry("http://e.test/Patient/1", **patient(id="1")), entry("http://e.test/Observation/o", **seen))
    assert errors(validate(whole, made)) == codes


def test_a_published_snapshot_serves_where_the_base_is_missing() -> None:
    snapshot = {
        "element": [
            element("Patient"),
            element("Patient.name", min=1, max="*", type=[{"code": "HumanName"}]),
            element("Patient.gender", min=1, max="1", type=[{"code": "code"}]),
        ]
    }
    made = profile("p", "Patient", element("Patient.gender", min=1), baseDefinition="http://elsewhere.test/p",
                   snapshot=snapshot)  # fmt: skip
    found = validate(patient(gender="male"), made, profiles=[SD + "p"])
    assert errors(found) == ["FHIR-0004"]
    assert {each.code for each in found} == {"FHIR-0004", "FHIR-0106"}
    assert errors(validate(patient(gender="male", name=[name("usual")]), made, profiles=[SD + "p"])) == []


@pytest.mark.parametrize(
    ("resource", "codes"),
    [
        (patient(_gender=UNKNOWN), ["FHIR-0045"]),
        (patient(_birthDate=UNKNOWN), []),
        (patient(contained=[patient(id="p")], link=[{"other": {"reference": "#p"}, "type": "refer"}]), []),
        (bundle({"request": {"method": "DELETE", "url": "Patient/1"}}, kind="transaction"), []),
        (bundle({"response": {"status": "200"}}, kind="batch-response"), []),
        (observation(subject={"reference": "Nobody/1"}), ["FHIR-0073"]),
    ],
)
def test_the_base_specification(resource: Json, codes: list[str]) -> None:
    assert errors(validate(resource)) == codes


OLD = "http://hl7.org/fhir/1.0/StructureDefinition/extension-Patient.animal"


@pytest.mark.parametrize(
    ("url", "part", "codes"),
    [
        (OLD, "species", []), (OLD, "x-species", ["FHIR-0064"]),
        ("http://hl7.org/fhir/9.0/StructureDefinition/extension-Patient.animal", "species", ["FHIR-0060"]),
        ("http://hl7.org/fhir/1.0/StructureDefinition/extension-animal", "species", ["FHIR-0060"]),
    ],
)  # fmt: skip
def test_elements_of_other_versions_as_extensions(url: str, part: str, codes: list[str]) -> None:
    inner = {"url": part, "valueCode": "canislf"}
    assert errors(validate(patient(extension=[{"url": url, "extension": [inner]}]))) == codes


def test_coded_values_found_clean_are_still_told_where_nothing_can_be_told() -> None:
    """What is remembered of codes never hides a "not checked", nor another resource's fault."""
    bound = element("Observation.code", binding={"strength": "required", "valueSet": "http://elsewhere.test/vs"})
    validator = _validator(profile("p", "Observation", bound))
    coded = observation(code={"coding": [{"system": "http://loinc.org", "code": "8867-4"}], "text": "pulse"})
    for _ in range(3):
        found = [each.code for each in validator.validate(coded, profiles=[SD + "p"]) if each.at.path.endswith("code")]
        assert found == ["FHIR-0044"]
    good = patient(maritalStatus={**MARRIED, "text": "married"})
    assert errors(validator.validate(good)) == []
    assert errors(validator.validate({**good, "maritalStatus": {**MARRIED, "text": " "}})) == ["FHIR-0008"]
    assert errors(validator.validate({**good, "maritalStatus": {**MARRIED, "oops": 1}})) == ["FHIR-0002"]
    wrong = {"coding": [{**MARRIED["coding"][0], "userSelected": 1}]}
    assert errors(validator.validate({**good, "maritalStatus": wrong})) == ["FHIR-0008"]


def _validator(*resources: Json) -> Validator:
    from conformance.definitions.registry import SHIPPED, Registry

    return Validator(Registry(resources=resources, shipped=SHIPPED[:1]))


@pytest.mark.parametrize(
    ("inner", "fine"),
    [
        ("<p>x</p>", True), ("<!-- c -->x", True), ("<![CDATA[x]]>", True), ("a&#160;b", True), ("a &lt; b", True),
        ('<img src="x.png" alt="x"/>', True), ('<p style="color:red">x</p>', True), ("a&nbsp;b", False),
        ("<script>x</script>", False), ('<p onclick="x()">x</p>', False), ('<a href=" JavaScript:x()">x</a>', False),
        ('<p title="a>b" onclick="1">x</p>', False), ("<P>x</P>", False), ("<p>x", False), ("", False), ("  ", False),
        ('<p xmlns="http://x.test">x</p>', False), ("<?x y?>x", False), ('<a href="#gone">x</a>', False),
        ('<p class="a" class="b">x</p>', False), ("<!DOCTYPE x>x", False),
    ],
)  # fmt: skip
def test_narratives(inner: str, fine: bool) -> None:
    div = DIV.replace("text", inner)
    assert (errors(validate(patient(text={"status": "generated", "div": div}))) == []) is fine


def _why(code: str) -> Json:
    return {"extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": code}]}


def _about(**elements: Any) -> Json:
    return {"contained": [{"resourceType": "Patient", "id": "p", **elements}], "patient": {"reference": "#p"}}


@pytest.mark.parametrize(
    ("elements", "codes"),
    [
        ({"_category": [_why("unknown")]}, ["FHIR-0045"]),
        ({"_category": [_why("unsupported")]}, []),
        ({"_criticality": _why("asked-unknown")}, ["FHIR-0045"]),
        ({"reaction": [{"manifestation": [{"text": "m"}], "_severity": _why("unknown")}]}, ["FHIR-0045"]),
        (_about(telecom=[{"value": "1", "_system": _why("unknown")}]), []),
        (_about(link=[{"other": {"display": "o"}, "_type": _why("unknown")}]), []),
    ],
)  # fmt: skip
def test_a_code_may_be_absent_where_its_element_has_to_be_there(elements: Json, codes: list[str]) -> None:
    status = {
        "coding": [{"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active"}]
    }
    allergy = {"resourceType": "AllergyIntolerance", "clinicalStatus": status, "patient": {"reference": "Patient/1"}}
    found = validate({**allergy, **elements})
    assert [each.code for each in found if each.severity == "error"] == codes


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({"path": "Patient.gender", "patternCode": "male"}, []),
        ({"path": "Patient.gender", "fixedString": "male"}, ["FHIR-0149"]),
        ({"path": "Patient.deceased[x]", "fixedBoolean": True}, []),
        ({"path": "Patient.deceased[x]", "patternPeriod": {"start": "2020"}}, ["FHIR-0149"]),
        ({"path": "Patient.implicitRules", "fixedUri": "urn:a"}, []),
        ({"path": "Patient.name", "constraint": [{"key": "a-1", "severity": "error", "human": "h",
          "expression": "use ="}]},
         ["FHIR-0124"]),
    ],
)  # fmt: skip
def test_definitions(change: Json, codes: list[str]) -> None:
    made = profile("q", "Patient", {"id": change["path"], **change})
    assert errors(validate(made)) == codes


@pytest.mark.parametrize(("count", "codes"), [(2, []), (3, ["FHIR-0119"])])
def test_a_complete_code_system_counts_its_concepts(count: int, codes: list[str]) -> None:
    system = {"resourceType": "CodeSystem", "url": "http://example.org/c", "status": "draft", "content": "complete",
              "count": count, "concept": [{"code": "a", "concept": [{"code": "b"}]}]}  # fmt: skip
    assert [each.code for each in validate(system) if each.severity == "warning" and each.code != "FHIR-0051"] == codes
    assert "FHIR-0119" not in {each.code for each in validate({**system, "content": "fragment"})}


def test_a_profile_that_imposes_another() -> None:
    """Who claims the one must meet the other too, and so do profiles built on it and targets that should meet it."""
    url = f"{HL7}structuredefinition-imposeProfile"
    imposing = profile("imposing", "Patient", extension=[{"url": url, "valueCanonical": f"{SD}named"}])
    derived = profile("derived", "Patient", baseDefinition=f"{SD}imposing")
    for claimed in ("imposing", "derived"):
        found = validate(patient(), imposing, derived, NAMED, profiles=[SD + claimed])
        assert errors(found) == ["FHIR-0004"]
        assert errors(validate(patient(name=[name("usual")]), imposing, derived, NAMED, profiles=[SD + claimed])) == []
    subject = profile("subject", "Observation", element(
        "Observation.subject", type=[{"code": "Reference", "targetProfile": [f"{SD}imposing"]}]))  # fmt: skip
    seen = observation(subject={"reference": "#p"}, contained=[patient(id="p")])
    assert errors(validate(seen, subject, imposing, NAMED, profiles=[f"{SD}subject"])) == ["FHIR-0071"]
