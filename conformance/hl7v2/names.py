"""Human names of what stands where, for `show`, the ledger and reports: `PID-5.1.1` is Patient Name, Family Name, ...

Field and component names come from the version's tables; names of segments, data types and events, which those tables
lack, are the standard's (v2.8.2, appendix A; events: chapter 3).
"""

from __future__ import annotations

from conformance.hl7v2.fields import components_of
from conformance.hl7v2.tables import VERSIONS, segment

SEGMENTS = {
    "ACC": "Accident",
    "ADD": "Addendum",
    "AIL": "Appointment Information - Location",
    "AL1": "Patient Allergy Information",
    "ARV": "Access Restriction",
    "AUT": "Authorization Information",
    "BHS": "Batch Header",
    "BTS": "Batch Trailer",
    "DB1": "Disability",
    "DG1": "Diagnosis",
    "DRG": "Diagnosis Related Group",
    "DSC": "Continuation Pointer",
    "ERR": "Error",
    "EVN": "Event Type",
    "FHS": "File Header",
    "FT1": "Financial Transaction",
    "FTS": "File Trailer",
    "GT1": "Guarantor",
    "IAM": "Patient Adverse Reaction Information",
    "IAR": "Allergy Reaction",
    "IN1": "Insurance",
    "IN2": "Insurance Additional Information",
    "IN3": "Insurance Additional Information, Certification",
    "MRG": "Merge Patient Information",
    "MSA": "Message Acknowledgment",
    "MSH": "Message Header",
    "NK1": "Next of Kin",
    "NPU": "Bed Status Update",
    "NTE": "Notes and Comments",
    "OBR": "Observation Request",
    "OBX": "Observation",
    "OH1": "Person Employment Status",
    "OH2": "Past or Present Job",
    "OH3": "Usual Work",
    "OH4": "Combat Zone Work",
    "ORC": "Common Order",
    "PD1": "Patient Additional Demographic",
    "PDA": "Patient Death and Autopsy",
    "PID": "Patient Identification",
    "PR1": "Procedures",
    "PRB": "Problem Details",
    "PRT": "Participation Information",
    "PV1": "Patient Visit",
    "PV2": "Patient Visit - Additional Information",
    "RF1": "Referral Information",
    "ROL": "Role",
    "SFT": "Software",
    "UAC": "User Authentication Credential",
    "UB1": "UB82",
    "UB2": "Uniform Billing Data",
}
"""The segments of ADT and its neighbours."""

TYPES = {
    "AD": "Address",
    "AUI": "Authorization Information",
    "CE": "Coded Element",
    "CF": "Coded Element with Formatted Values",
    "CN": "Composite ID Number and Name",
    "CNE": "Coded with No Exceptions",
    "CP": "Composite Price",
    "CQ": "Composite Quantity with Units",
    "CWE": "Coded with Exceptions",
    "CX": "Extended Composite ID with Check Digit",
    "DLD": "Discharge to Location and Date",
    "DLN": "Driver's License Number",
    "DR": "Date/Time Range",
    "DT": "Date",
    "DTM": "Date/Time",
    "DTN": "Day Type and Number",
    "ED": "Encapsulated Data",
    "EI": "Entity Identifier",
    "ERL": "Error Location",
    "FC": "Financial Class",
    "FN": "Family Name",
    "FT": "Formatted Text",
    "HD": "Hierarchic Designator",
    "ICD": "Insurance Certification Definition",
    "ID": "Coded Value for HL7-defined Tables",
    "IS": "Coded Value for User-defined Tables",
    "JCC": "Job Code/Class",
    "MO": "Money",
    "MOC": "Money and Code",
    "MOP": "Money or Percentage",
    "MSG": "Message Type",
    "NM": "Numeric",
    "OCD": "Occurrence Code and Date",
    "OG": "Observation Grouper",
    "OSP": "Occurrence Span Code and Date",
    "PL": "Person Location",
    "PN": "Person Name",
    "PT": "Processing Type",
    "PTA": "Policy Type and Amount",
    "RMC": "Room Coverage",
    "RP": "Reference Pointer",
    "SAD": "Street Address",
    "SI": "Sequence ID",
    "SN": "Structured Numeric",
    "ST": "String Data",
    "TM": "Time",
    "TN": "Telephone Number",
    "TS": "Time Stamp",
    "TX": "Text Data",
    "UVC": "UB Value Code and Amount",
    "VID": "Version Identifier",
    "XAD": "Extended Address",
    "XCN": "Extended Composite ID Number and Name",
    "XON": "Extended Composite Name and ID Number for Organizations",
    "XPN": "Extended Person Name",
    "XTN": "Extended Telecommunication Number",
}

EVENTS = {
    "A01": "Admit/visit notification",
    "A02": "Transfer a patient",
    "A03": "Discharge/end visit",
    "A04": "Register a patient",
    "A05": "Pre-admit a patient",
    "A06": "Change an outpatient to an inpatient",
    "A07": "Change an inpatient to an outpatient",
    "A08": "Update patient information",
    "A09": "Patient departing - tracking",
    "A10": "Patient arriving - tracking",
    "A11": "Cancel admit/visit notification",
    "A12": "Cancel transfer",
    "A13": "Cancel discharge/end visit",
    "A14": "Pending admit",
    "A15": "Pending transfer",
    "A16": "Pending discharge",
    "A17": "Swap patients",
    "A18": "Merge patient information",
    "A19": "Patient query",
    "A20": "Bed status update",
    "A21": "Patient goes on a leave of absence",
    "A22": "Patient returns from a leave of absence",
    "A23": "Delete a patient record",
    "A24": "Link patient information",
    "A25": "Cancel pending discharge",
    "A26": "Cancel pending transfer",
    "A27": "Cancel pending admit",
    "A28": "Add person information",
    "A29": "Delete person information",
    "A30": "Merge person information",
    "A31": "Update person information",
    "A32": "Cancel patient arriving - tracking",
    "A33": "Cancel patient departing - tracking",
    "A34": "Merge patient information - patient ID only",
    "A35": "Merge patient information - account number only",
    "A36": "Merge patient information - patient ID and account number",
    "A37": "Unlink patient information",
    "A38": "Cancel pre-admit",
    "A39": "Merge person - patient ID",
    "A40": "Merge patient - patient identifier list",
    "A41": "Merge account - patient account number",
    "A42": "Merge visit - visit number",
    "A43": "Move patient information - patient identifier list",
    "A44": "Move account information - patient account number",
    "A45": "Move visit information - visit number",
    "A46": "Change patient ID",
    "A47": "Change patient identifier list",
    "A48": "Change alternate patient ID",
    "A49": "Change patient account number",
    "A50": "Change visit number",
    "A51": "Change alternate visit ID",
    "A52": "Cancel leave of absence for a patient",
    "A53": "Cancel patient returns from a leave of absence",
    "A54": "Change attending doctor",
    "A55": "Cancel change attending doctor",
    "A60": "Update allergy information",
    "A61": "Change consulting doctor",
    "A62": "Cancel change consulting doctor",
}
"""Trigger events of table 0003 in ADT."""


def names(version: str, name: str, field: int, component: int = 0, subcomponent: int = 0) -> tuple[str, ...]:
    """`("Patient Name", "Family Name", "Surname")` for PID-5.1.1, as deep as asked; shorter where no name is known.

    A field that the version lacks has the name of the newest one that has it; a part of a primitive type has none.
    """
    known = _field(version, name, field)
    if known is None:
        return ()
    said, kind = [known[0]], known[1]
    for number in (component, subcomponent):
        parts = components_of(version, kind)
        if not 0 < number <= len(parts):
            break
        said.append(parts[number - 1].name)
        kind = parts[number - 1].type
    return tuple(said)


def field_type(version: str, name: str, field: int) -> str:
    """The data type of a field; of a withdrawn one, the last it had; empty when no version has such a field."""
    known = _field(version, name, field)
    return known[1] if known else ""


def _field(version: str, name: str, field: int) -> tuple[str, str] | None:
    """Name and type, of the version or else of the newest that has the field with a type."""
    for candidate in (version, *reversed(VERSIONS)):
        fields = segment(candidate, name) or ()
        if 0 < field <= len(fields) and fields[field - 1].type not in ("", "WD"):
            return fields[field - 1].name, fields[field - 1].type
    return None
