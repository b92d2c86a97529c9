"""What YAML profiles find in documents, and what can be wrong with a profile file."""

from __future__ import annotations

from conformance.catalogue.code import Code, IssueType
from conformance.issue import Severity

_USAGE = "HL7 v2.5.1 chapter 2.12.6 (usage) and 2.B; the profile cited by the finding"


def _row(
    code: str, title: str, message: str, why: str, type_: IssueType, *, severity: Severity = "error", err: str = "207",
    example: str = "", spec: str = "",
) -> Code:  # fmt: skip
    return Code(
        code=code,
        severity=severity,
        title=title,
        message=message,
        why=why,
        example=example,
        spec=spec,
        type=type_,
        err=err,
    )


CODES: tuple[Code, ...] = (
    _row("PRO-0001", "Profile of another format", "Profile {profile} is of {wanted}, the document of {format}.",
         "The profile's paths mean nothing in this document, so nothing of it was checked.", "not-supported"),
    _row("PRO-0002", "Profile does not apply", "Profile {profile} does not speak of documents like this one.",
         "Its `applies` test does not hold; nothing of it was checked.", "informational", severity="information"),
    _row("PRO-0101", "Required value missing", "{path} must have a value.",
         "Whoever receives the document depends on it.", "required", err="101", spec=_USAGE, example="PID-5 empty"),
    _row("PRO-0102", "Too few values", "{path} must have at least {least} values; it has {number}.",
         "The profile asks for more than there are.", "required", err="101"),
    _row("PRO-0103", "Too many values", "{path} may have at most {most} values; it has {number}.",
         "A receiver of the profile reads no more than that, so the others would be lost.", "structure", err="102"),
    _row("PRO-0104", "Value where none may be", "{path} must not have a value here.",
         "The profile excludes it: a receiver would misread or refuse it.", "structure", err="102"),
    _row("PRO-0105", "Not of the type", "{path} is not a valid {type}.",
         "A receiver could not read it as what it is.", "value", err="102", example="20230231 as a date"),
    _row("PRO-0106", "Code not in the list", "{path} must be one of: {codes}.",
         "The receiver knows no other codes there.", "code-invalid", err="103"),
    _row("PRO-0107", "Not of the pattern", "{path} is not written as the profile asks.",
         "The receiver reads the value by its form.", "value", err="102"),
    _row("PRO-0108", "Length", "{path} must have {least} to {most} characters.",
         "A longer value is cut by the receiver, a shorter one says nothing.", "too-long", err="102"),
    _row("PRO-0109", "None of the alternatives", "At least one of these must have a value: {alternatives}.",
         "The requirement can be met in several ways; it is met in none.", "required", err="101"),
    _row("PRO-0110", "Rule broken", "This must hold: {expression}",
         "The profile says so; the cited text tells why.", "invariant", err="102"),
    _row("PRO-0111", "Value set not known", "Not checked: the codes of {value_set} are not known here.",
         "Only codes that are here can be checked offline; this is neither a pass nor an error.", "not-supported",
         severity="information"),
    _row("PRO-0112", "Rule not checked", "Not checked: {problem}.",
         "It asks for what is no path of the format, or can't be asked of this document: neither a pass nor an error.",
         "not-supported", severity="warning", example="FHIRPath's `is` on several values"),
    _row("PRO-0201", "Wrong value in a profile file", "In a profile: {problem}.",
         "A profile with a mistake is not used at all: half a check would look like a whole one.", "invalid"),
    _row("PRO-0202", "Unknown key in a profile file", "A profile has no key {key} here; there are {keys}.",
         "A misspelt key would be a rule that is never checked.", "invalid"),
    _row("PRO-0203", "Key missing in a profile file", "A profile needs {key} here.",
         "Without it the profile or rule has no meaning.", "required"),
    _row("PRO-0204", "Rule named twice", "Two rules of this profile have the id {id}.",
         "Findings name the rule, so that its name must be its own.", "duplicate"),
    _row("PRO-0205", "Rule without a check", "The rule {id} checks nothing.",
         "It names a path and says nothing of it.", "incomplete"),
    _row("PRO-0206", "No such profile", "There is no profile or file of that name. Shipped profiles: {ids}.",
         "Nothing was checked.", "not-found"),
)  # fmt: skip
