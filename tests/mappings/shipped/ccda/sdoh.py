"""A document of ours about social needs: a screening, the problem it found, a concern, a goal with its reason, what is
planned and what was done, a caregiver, the home."""

from __future__ import annotations

from tests.mappings.shipped.ccda.clinical import LOINC, SNOMED, T, document, section

TIME = '<effectiveTime value="20240203101500-0500"/>'


def cd(tag: str, code: str, system: str, name: str) -> str:
    kind = ' xsi:type="CD"' if tag == "value" else ""
    return f'<{tag}{kind} code="{code}" codeSystem="{system}" displayName="{name}"/>'


def observation(
    templates: str, ident: str, code: str, value: str, inside: str = "", mood: str = "EVN", time: str = TIME
) -> str:
    claimed = "".join(f'<templateId root="{T}{each}"/>' for each in templates.split())
    return (
        f'<observation classCode="OBS" moodCode="{mood}">{claimed}<id root="1.2.3.4" extension="{ident}"/>{code}'
        f'<statusCode code="completed"/>{time}{value}{inside}</observation>'
    )


def related(kind: str, inside: str) -> str:
    return f'<entryRelationship typeCode="{kind}">{inside}</entryRelationship>'


def refer(ident: str) -> str:
    return (
        f'<act classCode="ACT" moodCode="EVN"><templateId root="{T}122"/><id root="1.2.3.4" extension="{ident}"/>'
        '<code nullFlavor="NP"/><statusCode code="completed"/></act>'
    )


def act(template: str, ident: str, code: str, inside: str, mood: str = "EVN") -> str:
    return (
        f'<act classCode="ACT" moodCode="{mood}"><templateId root="{T}{template}"/>'
        f'<id root="1.2.3.4" extension="{ident}"/>{code}'
        f'<statusCode code="active"/><effectiveTime><low value="20240203"/></effectiveTime>{inside}</act>'
    )


def procedure(template: str, ident: str, mood: str, code: str, status: str) -> str:
    return (
        f'<procedure classCode="PROC" moodCode="{mood}"><templateId root="{T}{template}"/>'
        f'<id root="1.2.3.4" extension="{ident}"/>{code}'
        f'<statusCode code="{status}"/><effectiveTime value="20240210"/></procedure>'
    )


CONCERN_CODE = '<code code="CONC" codeSystem="2.16.840.1.113883.5.6"/>'
LOW = '<effectiveTime><low value="202311"/></effectiveTime>'
ITEM = observation(
    "86", "item", cd("code", "88122-7", LOINC, "Food ran out"), cd("value", "LA28397-0", LOINC, "Often true")
)
SCREENING = observation(
    "69",
    "panel",
    cd("code", "88121-9", LOINC, "Hunger Vital Sign"),
    '<value xsi:type="CD" nullFlavor="NA"/>',
    related("COMP", ITEM),
)
PROBLEM = act(
    "3",
    "act",
    CONCERN_CODE,
    related(
        "SUBJ",
        observation(
            "4",
            "hunger",
            cd("code", "64572001", SNOMED, "Condition"),
            cd("value", "733423003", SNOMED, "Food insecurity"),
            time=LOW,
        ),
    ),
)
CONCERN = act("132", "worry", cd("code", "75310-3", LOINC, "Health concern"), related("REFR", refer("hunger"))).replace(
    "<statusCode", "<text>Not enough to eat at the end of the month</text><statusCode", 1
)
GOAL = observation(
    "121",
    "goal",
    cd("code", "8689-2", LOINC, "Social"),
    cd("value", "1078229009", SNOMED, "Food security"),
    related("RSON", refer("hunger")),
    "GOL",
    '<effectiveTime><low value="20240203"/></effectiveTime>',
).replace('code="completed"', 'code="active"', 1)
DONE = act(
    "131",
    "did",
    cd("code", "362956003", SNOMED, "Intervention"),
    related(
        "REFR", procedure("14", "meals", "EVN", cd("code", "1268704002", SNOMED, "Provision of food"), "completed")
    ),
)
PLANNED = act(
    "146",
    "will",
    cd("code", "362956003", SNOMED, "Intervention"),
    related(
        "REFR",
        procedure("41", "referral", "RQO", cd("code", "713109004", SNOMED, "Referral to community service"), "active"),
    )
    + related("RSON", refer("goal")),
    "INT",
)
CAREGIVER = observation(
    "72",
    "carer",
    cd("code", "ASSERTION", "2.16.840.1.113883.5.4", ""),
    cd("value", "407542009", SNOMED, "Informal carer"),
)
HOME = observation(
    "109",
    "home",
    cd("code", "75274-1", LOINC, "Characteristics of residence"),
    cd("value", "224255001", SNOMED, "Damp housing"),
)
OUTCOME = observation(
    "144",
    "outcome",
    cd("code", "8689-2", LOINC, "Social"),
    cd("value", "1078229009", SNOMED, "Food security"),
    related("GEVL", refer("goal")),
)

DOCUMENT = document(
    section("29762-2", SCREENING, CAREGIVER, HOME),
    section("11450-4", PROBLEM),
    section("75310-3", CONCERN),
    section("61146-7", GOAL),
    section("62387-6", DONE, PLANNED),
    section("11383-7", OUTCOME),
)
