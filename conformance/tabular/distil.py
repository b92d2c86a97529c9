"""Makes the schemas of HMIS CSV, HSDS and the New York 1115 export from tables of facts (their columns and code lists).

    python -m conformance.tabular.distil FOLDER-OF-FACTS

What those tables don't say (keys, references, rules) stands here. The results are committed: nothing of this runs
with the product.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

SHIPPED = Path(__file__).parent.parent / "profiles" / "csv"

Facts = list[dict[str, str]]

_NO_YES = "NoYesReasonsForMissingData"
_HMIS_LISTS = {
    "ExportPeriodType": "ExportPeriodType", "ExportDirective": "ExportDirective", "HashStatus": "HashStatus",
    "SourceType": "SourceType", "ProjectType": "ProjectType", "TargetPopulation": "TargetPopulation",
    "NameDataQuality": "NameDataQuality", "SSNDataQuality": "SSNDataQuality", "DOBDataQuality": "DOBDataQuality",
    "RelationshipToHoH": "RelationshipToHoH", "LivingSituation": "PriorLivingSituation", "Destination": "Destination",
    "CurrentLivingSituation": "CurrentLivingSituation", "RentalSubsidyType": "RentalSubsidyType",
    "CLSSubsidyType": "RentalSubsidyType", "DestinationSubsidyType": "RentalSubsidyType",
    "WhenOccurred": "WhenDVOccurred", "DataCollectionStage": "DataCollectionStage", "RecordType": "RecordType",
    "DisabilityType": "DisabilityType", "DisabilityResponse": "DisabilityResponse", "AssessmentType": "AssessmentType",
    "AssessmentLevel": "AssessmentLevel", "PrioritizationStatus": "PrioritizationStatus", "Event": "EventType",
    "ReferralResult": "ReferralResult", "ReferralOutcome": "PATHReferralOutcome", "GeneralHealthStatus": "HealthStatus",
    "DentalHealthStatus": "HealthStatus", "MentalHealthStatus": "HealthStatus", "MilitaryBranch": "MilitaryBranch",
    "HousingAssessment": "HousingAssessmentAtExit", "Sex": "Sex",
    **dict.fromkeys(
        ["AmIndAKNative", "Asian", "BlackAfAmerican", "HispanicLatinaeo", "HispanicLatinao", "MidEastNAfrican",
         "NativeHIPacific", "White", "Woman", "Man", "NonBinary", "CulturallySpecific", "Transgender", "Questioning",
         "DifferentIdentity", "VeteranStatus", "DisablingCondition", "DomesticViolenceSurvivor", "CurrentlyFleeing",
         "PregnancyStatus", "IncomeFromAnySource", "BenefitsFromAnySource", "InsuranceFromAnySource", "Medicaid",
         "Medicare", "SNAP", "WIC", "SCHIP", "VHAServices", "EmployerProvided", "COBRA", "PrivatePay", "StateHealthIns",
         "IndianHealthServices", "OtherInsurance", "VictimServiceProvider", "IndefiniteAndImpairs", "RunawayYouth",
         "TranslationNeeded"], _NO_YES),
}  # fmt: skip
_HMIS_KEYS = {
    "Export": "ExportID", "Client": "PersonalID", "Enrollment": "EnrollmentID", "Exit": "ExitID",
    "Services": "ServicesID", "CurrentLivingSituation": "CurrentLivingSitID", "IncomeBenefits": "IncomeBenefitsID",
    "HealthAndDV": "HealthAndDVID", "Disabilities": "DisabilitiesID", "Event": "EventID",
    "Assessment": "AssessmentID", "Project": "ProjectID", "Organization": "OrganizationID", "User": "UserID",
    "EmploymentEducation": "EmploymentEducationID", "YouthEducationStatus": "YouthEducationStatusID",
    "AssessmentQuestions": "AssessmentQuestionID", "AssessmentResults": "AssessmentResultID",
    "ProjectCoC": "ProjectCoCID", "Inventory": "InventoryID", "Affiliation": "AffiliationID",
    "Funder": "FunderID", "HMISParticipation": "HMISParticipationID", "CEParticipation": "CEParticipationID",
}  # fmt: skip
_HMIS_REFERS = {"PersonalID": "Client", "EnrollmentID": "Enrollment", "ProjectID": "Project",
                "OrganizationID": "Organization"}  # fmt: skip
_HMIS_PERIODS = {"Services": ("FAStartDate", "FAEndDate"), "Project": ("OperatingStartDate", "OperatingEndDate"),
                 "Export": ("ExportStartDate", "ExportEndDate"), "Event": ("EventDate", "ResultDate"),
                 "Funder": ("StartDate", "EndDate"), "Inventory": ("InventoryStartDate", "InventoryEndDate"),
                 "HMISParticipation": ("HMISParticipationStatusStartDate", "HMISParticipationStatusEndDate"),
                 "CEParticipation": ("CEParticipationStatusStartDate", "CEParticipationStatusEndDate")}  # fmt: skip
_HMIS_ALSO = {
    "HispanicLatinaeo": "HispanicLatinao, HispanicLatinaeo, HispanicLatino", "HispanicLatinao": "HispanicLatinaeo",
    "PersonalID": "Personal ID, ClientID, Client ID",
}  # fmt: skip
_TYPES = {"string": "text", "integer": "integer", "date": "date", "datetime": "datetime"}


def _read(folder: Path, name: str) -> Facts:
    with (folder / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _hmis(facts: Facts, lists: Facts, version: str) -> Iterator[str]:
    named: dict[str, list[str]] = {}
    for row in lists:
        if row["version"] == version:
            named.setdefault(row["list"], []).append(row["key"])
    year = version.removeprefix("FY")
    yield f"# HUD HMIS CSV Format Specifications {version}. Columns and code lists: {facts[0]['source'].split()[0]}"
    yield "# (facts of the HUD specification). Made by conformance.tabular.distil."
    yield f"schema: hmis@{version.lower()}"
    yield f"title: HUD HMIS CSV {version}"
    yield "spec: https://hudexchange.info/resource/3824/hmis-data-dictionary/"
    yield "order: MDY"
    yield "closed: true"
    yield "person: PersonalID"
    yield f"said: {{Export.CSVVersion: ['{year}', '{version}']}}"
    yield "lists:"
    for name, keys in named.items():
        yield f"  {name}: [{', '.join(keys)}]"
    yield "tables:"
    order = list(_HMIS_KEYS)
    facts = [*facts, *_more(version, facts[0]["source"])]
    present = {row["file"].removesuffix(".csv") for row in facts if row["version"] == version}
    for table in sorted(present, key=order.index):
        rows = [row for row in facts if row["version"] == version and row["file"] == f"{table}.csv"]
        yield from _hmis_table(table, rows, set(named))


def _more(version: str, source: str) -> Iterator[dict[str, str]]:
    """Columns of tables of the same specification that the facts leave out."""
    for table, names in _HMIS_MORE.items():
        for name in (*names.split(), "DateCreated", "DateUpdated", "UserID", "DateDeleted", "ExportID"):
            kind = "datetime" if name.startswith("Date") else "date" if name.endswith("Date") else "string"
            yield {"version": version, "file": f"{table}.csv", "column": name, "type": kind,
                   "nullable": "N" if name in ("EnrollmentID", "PersonalID") else "Y", "source": source}  # fmt: skip


_HMIS_MORE = {
    "EmploymentEducation": "EmploymentEducationID EnrollmentID PersonalID InformationDate LastGradeCompleted "
    "SchoolStatus Employed EmploymentType NotEmployedReason DataCollectionStage",
    "YouthEducationStatus": "YouthEducationStatusID EnrollmentID PersonalID InformationDate CurrentSchoolAttend "
    "MostRecentEdStatus CurrentEdStatus DataCollectionStage",
    "AssessmentQuestions": "AssessmentQuestionID AssessmentID EnrollmentID PersonalID AssessmentQuestionGroup "
    "AssessmentQuestionOrder AssessmentQuestion AssessmentAnswer",
    "AssessmentResults": "AssessmentResultID AssessmentID EnrollmentID PersonalID AssessmentResultType "
    "AssessmentResult",
    "ProjectCoC": "ProjectCoCID ProjectID CoCCode Geocode Address1 Address2 City State ZIP GeographyType",
    "Inventory": "InventoryID ProjectID CoCCode HouseholdType Availability UnitInventory BedInventory "
    "CHVetBedInventory YouthVetBedInventory VetBedInventory CHYouthBedInventory YouthBedInventory CHBedInventory "
    "OtherBedInventory ESBedType InventoryStartDate InventoryEndDate",
    "Affiliation": "AffiliationID ProjectID ResProjectID",
}


def _hmis_table(table: str, rows: Facts, lists: set[str]) -> Iterator[str]:
    key = _HMIS_KEYS[table]
    yield f"  {table}:"
    yield f"    files: [{table}.csv]"
    yield f"    telling: [{key}]" if table != "Export" else "    telling: [ExportID, CSVVersion]"
    if any(row["column"] == "DateUpdated" for row in rows):
        yield "    latest: [DateUpdated]"
    if any(row["column"] == "DateDeleted" for row in rows):
        yield "    deleted: DateDeleted"
    yield "    columns:"
    for row in rows:
        yield f"      {row['column']}: {_hmis_column(table, key, row, lists)}"
    if table in _HMIS_PERIODS:
        start, end = _HMIS_PERIODS[table]
        yield "    rules:"
        yield f"    - {{rule: period, start: {start}, end: {end}}}"


def _hmis_column(table: str, key: str, row: dict[str, str], lists: set[str]) -> str:
    name, kind = row["column"], _TYPES[row["type"]]
    codes = "" if (table, name) == ("CEParticipation", "HousingAssessment") else _HMIS_LISTS.get(name, "")
    words = ["id" if name.endswith("ID") and kind == "text" else kind]
    if codes in lists:
        words = ["code", codes]
    if name.endswith("Amount") or name == "TotalMonthlyIncome":
        words = ["decimal"]
    if name == key:
        words.append("key")
    elif (
        row["nullable"] == "N"
        and name not in ("UserID", "ExportID", "HouseholdID", "GrantID")
        and words[0] not in ("code", "integer")
    ):
        words.append("required")
    short = " ".join(words)
    extra = [f"also: [{_HMIS_ALSO[name]}]"] if name in _HMIS_ALSO else []
    parent = _HMIS_REFERS.get(name, "")
    if parent and parent != table:
        extra.append(f"refers: {parent}.{name}")
    return f"{{is: {short}, {', '.join(extra)}}}" if extra else short


def _hsds(facts: Facts) -> Iterator[str]:
    yield "# Open Referral Human Services Data Specification 3.0; tables and columns from openreferral/specification"
    yield "# (CC-BY-SA-4.0, named in NOTICE); HSDS 2.x headers as further names. Made by conformance.tabular.distil."
    yield "schema: hsds@3.0"
    yield "title: Open Referral HSDS 3.0"
    yield "spec: https://docs.openreferral.org/en/v3.0/"
    yield "order: YMD"
    yield "closed: true"
    yield "things: [service_id, location_id, organization_id, link_id, id]"
    yield "everywhere: [program, taxonomy_term]"
    yield "tables:"
    order = ["organization", "program", "location", "service", "service_at_location", "contact", "taxonomy",
             "taxonomy_term"]  # fmt: skip
    tables = list(dict.fromkeys(row["table"] for row in facts))
    for table in [*order, *(each for each in tables if each not in order)]:
        yield f"  {table}:"
        yield f"    files: [{', '.join(_HSDS_FILES.get(table, [f'{table}s.csv', f'{table}.csv']))}]"
        yield f"    telling: [{', '.join(_HSDS_TELLING.get(table, ['id']))}]"
        yield "    columns:"
        for row in (each for each in facts if each["table"] == table and each["type"] != "array" and each["type"]):
            yield f"      {row['column']}: {_hsds_column(table, row, tables)}"
    yield _HSDS_2


_HSDS_FILES = {
    "address": ["addresses.csv", "address.csv", "physical_addresses.csv", "physical_address.csv",
                "postal_addresses.csv", "postal_address.csv"],
    "accessibility": ["accessibility.csv", "accessibility_for_disabilities.csv"], "funding": ["funding.csv"],
    "metadata": ["metadata.csv"], "taxonomy": ["taxonomies.csv", "taxonomy.csv"],
    "service_at_location": ["service_at_location.csv", "services_at_location.csv", "service_at_locations.csv"],
    "schedule": ["schedules.csv", "schedule.csv", "regular_schedules.csv", "regular_schedule.csv",
                 "holiday_schedules.csv"],
    "program": ["programs.csv", "program.csv"],
    "attribute": ["attributes.csv", "attribute.csv", "service_taxonomy.csv", "service_taxonomies.csv",
                  "services_taxonomy.csv", "other_attribute.csv"],
    "taxonomy_term": ["taxonomy_terms.csv", "taxonomy_term.csv", "taxonomies.csv", "taxonomy.csv"],
}  # fmt: skip
_HSDS_TELLING = {
    "address": ["id", "address_1"], "phone": ["id", "number"], "service_at_location": ["service_id", "location_id"],
    "organization": ["id", "name"], "service": ["id", "organization_id", "name"], "location": ["id", "name"],
}  # fmt: skip
_HSDS_NEW = ("location_type", "address_type", "country", "description")
"""Required in 3.0 only: 2.x hasn't them, or doesn't ask for them."""
_HSDS_ALSO = {
    ("accessibility", "description"): "accessibility", ("service", "eligibility_description"): "eligibility",
    ("organization", "website"): "url", ("taxonomy_term", "name"): "term", ("taxonomy_term", "parent_id"): "parent",
    ("service_area", "name"): "service_area", ("attribute", "link_id"): "service_id",
    ("attribute", "taxonomy_term_id"): "taxonomy_id", ("taxonomy_term", "taxonomy"): "vocabulary",
    ("language", "name"): "language", ("cost_option", "option"): "payment",
    ("service", "fees_description"): "payment_accepted",
}  # fmt: skip


_DAYS = (
    "{MO: [monday, mon, '1'], TU: [tuesday, tue, '2'], WE: [wednesday, wed, '3'], TH: [thursday, thu, '4'], "
    "FR: [friday, fri, '5'], SA: [saturday, sat, '6'], SU: [sunday, sun, '7']}"
)
_HSDS_2 = """\
  eligibility:                         # a table of 2.x; 3.0 has it in service.eligibility_description
    files: [eligibility.csv]
    telling: [id, eligibility]
    columns:
      id: id key
      service_id: {is: id, refers: service.id}
      eligibility: text"""


def _hsds_column(table: str, row: dict[str, str], tables: list[str]) -> str:
    name = row["column"]
    word = {"number": "decimal"}.get(row["type"], "text")
    if name == "id":
        return "id key"
    parent = name.removesuffix("_id")
    if name.endswith("_id"):
        word = "id"
    required = " required" if row["required"] == "Y" and name not in _HSDS_NEW else ""
    extra = []
    if row["enum"]:
        word = "code"
        extra.append(f"values: [{', '.join(_quoted(each) for each in row['enum'].split('|'))}]")
    if name == "byday":  # 2.x has the words
        return f"{{is: code, other: keep, also: [weekday], values: {_DAYS}}}"
    if name == "postal_code":
        word = "zip"
    if name.endswith("_id") and parent in tables and parent != table:
        extra.append(f"refers: {parent}.id")
    if (table, name) in _HSDS_ALSO:
        extra.append(f"also: [{_HSDS_ALSO[table, name]}]")
    return f"{{is: {word}{required}, {', '.join(extra)}}}" if extra else f"{word}{required}"


def _quoted(text: str) -> str:
    return f"'{text}'" if " " in text else text


_NY_TABLES = {"PtInfo": "SDOH_PtInfo_*.csv", "QEadmin": "SDOH_QEadmin_*.csv",
              "ScreeningProf": "SDOH_ScreeningProf_*.csv", "ScreeningObs": "SDOH_ScreeningObs_*.csv"}  # fmt: skip
_NY_KEYS = {
    "PtInfo": ["PATIENT_MR_ID_VALUE"], "QEadmin": ["PATIENT_MR_ID_VALUE", "FACILITY_ID"],
    "ScreeningProf": ["PATIENT_MR_ID_VALUE", "ENCOUNTER_ID", "SCREENING_IDENTIFIER"],
    "ScreeningObs": ["PATIENT_MR_ID_VALUE", "ENCOUNTER_ID", "SCREENING_IDENTIFIER", "QUESTION_CODE", "ANSWER_CODE"],
}  # fmt: skip
_NY_COLUMNS = {
    "PATIENT_MEDICAID_ID": "{is: text required, pattern: '[A-Za-z]{2}\\d{5}[A-Za-z]', example: AA99999A, unique: true}",
    "PATIENT_SS_ID_VALUE": "text",
    "PATIENT_BIRTH_DATE": "date required",
    "TELECOM_VALUE": "{is: phone, also: [PHONE, TELEPHONE]}",
    "TELCOM_USE": "{is: text, also: [TELECOM_USE]}",
    "ZIP": "zip required",
    "FACILITY_ZIP": "zip",
    "ADMINISTRATIVE_SEX_CODE": "{is: code required, values: {male: [M], female: [F], other: [O, X], "
    "unknown: [U, UNK]}}",
    "CONSENT_STATUS": "{is: code required, values: {active: [permit, granted, yes, Y], rejected: [deny, denied, "
    "refused, no, N, declined], inactive: [revoked, withdrawn, expired], draft: [pending], proposed: [], "
    "entered-in-error: []}}",
    "SCREENING_CODE": "{is: code required, system: loinc, other: keep, values: []}",
    "QUESTION_CODE": "{is: code key, system: loinc, other: keep, values: []}",
    "ANSWER_CODE": "{is: code, system: loinc, separator: ';', other: keep, values: []}",
    "ENCOUNTER_TYPE_CODE": "{is: code required, system: snomed, other: keep, values: []}",
    "PROCEDURE_CODE": "text",
    "OBSERVATION_CATEGORY_SDOH_CODE": "code SDOHCategory required",
    "POTENTIAL_NEED_INDICATED": "{is: code required, also: [POTENTIAL_NEED_INDCATED], values: {POS: [positive, yes, "
    "Y], NEG: [negative, no, N], NA: [n/a, not applicable]}}",
    "DATA_ABSENT_REASON_CODE": "{is: code, values: {asked-declined: [declined], asked-unknown: [], not-asked: [], "
    "unknown: [], temp-unknown: [], masked: [], not-applicable: [], unsupported: [], error: [], not-performed: [],"
    " not-permitted: []}}",
}  # fmt: skip


def _ny(facts: Facts, categories: Facts) -> Iterator[str]:
    yield "# New York 1115 waiver SDOH screening export; columns from tech-by-design/polyglot-prime's documentation."
    yield "# Made by conformance.tabular.distil."
    yield "schema: ny1115"
    yield "title: New York 1115 SDOH screening export"
    yield "spec: https://www.health.ny.gov/health_care/medicaid/redesign/sdh/"
    yield "order: MDY"
    yield "offsets: true"
    yield "closed: true"
    yield "person: PATIENT_MR_ID_VALUE"
    yield "lists:"
    yield f"  SDOHCategory: [{', '.join(row['code'] for row in categories)}]"
    yield "tables:"
    for table, pattern in _NY_TABLES.items():
        rows = [row for row in facts if row["format"] == "NY 1115 SDOH" and row["file"] == pattern]
        yield f"  {table}:"
        yield f"    files: ['*{table}*']"
        yield f"    telling: [{', '.join(_NY_TELLING[table])}]"
        yield "    columns:"
        for row in rows:
            yield f"      {row['column']}: {_ny_column(table, row)}"
        if table == "ScreeningObs":
            yield "    many: true"
        yield from _NY_RULES.get(table, [])


_NY_TELLING = {
    "PtInfo": ["PATIENT_MR_ID_VALUE", "PATIENT_BIRTH_DATE"], "QEadmin": ["PATIENT_MR_ID_VALUE", "FACILITY_ID",
    "FACILITY_LAST_UPDATED"], "ScreeningProf": ["PATIENT_MR_ID_VALUE", "ENCOUNTER_ID", "CONSENT_STATUS"],
    "ScreeningObs": ["PATIENT_MR_ID_VALUE", "QUESTION_CODE", "ANSWER_CODE"],
}  # fmt: skip
_NY_RULES = {
    "ScreeningProf": [
        "    rules:",
        "    - {rule: period, start: ENCOUNTER_START_DATETIME, end: ENCOUNTER_END_DATETIME}",
    ],
    "ScreeningObs": [
        "    rules:",
        "    - {rule: period, start: SCREENING_START_DATETIME, end: SCREENING_END_DATETIME}",
        "    - {rule: answers, question: QUESTION_CODE, answer: ANSWER_CODE, text: ANSWER_CODE_DESCRIPTION,",
        "       instrument: SCREENING_CODE, category: OBSERVATION_CATEGORY_SDOH_CODE, need: POTENTIAL_NEED_INDICATED,",
        "       absent: DATA_ABSENT_REASON_CODE, group: [PATIENT_MR_ID_VALUE, ENCOUNTER_ID, SCREENING_IDENTIFIER]}",
    ],
}  # fmt: skip


def _ny_column(table: str, row: dict[str, str]) -> str:
    name = row["column"]
    if name in _NY_COLUMNS and name != "FACILITY_NAME":
        return _NY_COLUMNS[name]
    required = row["required"] == "Y"
    if name in _NY_KEYS[table]:
        parent = {"PATIENT_MR_ID_VALUE": "PtInfo", "ENCOUNTER_ID": "ScreeningProf"}.get(name, "")
        refers = f", refers: {parent}.{name}" if parent and parent != table and table != parent else ""
        if table == "PtInfo" or (name == "ENCOUNTER_ID" and table == "ScreeningProf"):
            refers = ""
        return f"{{is: id key{refers}}}" if refers else "id key"
    kind = "datetime" if name.endswith(("DATETIME", "DATE_TIME", "LAST_UPDATED")) else "text"
    return f"{kind} required" if required else kind


def main(folder: Path) -> None:
    SHIPPED.mkdir(parents=True, exist_ok=True)
    columns, lists = _read(folder, "hmis_csv_columns.csv"), _read(folder, "hmis_code_lists.csv")
    made = {f"hmis@{each.lower()}": _hmis(columns, lists, each) for each in ("FY2024", "FY2026")}
    made["hsds@3.0"] = _hsds(_read(folder, "hsds_columns.csv"))
    made["ny1115"] = _ny(_read(folder, "cbo_csv_columns.csv"), _read(folder, "sdoh_category_codes.csv"))
    for name, text in made.items():
        (SHIPPED / f"{name}.yaml").write_text("\n".join(text) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
