"""What can be said of a baseline, the list of findings that are accepted."""

from __future__ import annotations

from conformance.catalogue.code import Code

CODES: tuple[Code, ...] = (
    Code(
        code="BASE-0001",
        severity="error",
        title="Baseline not understood",
        message="{problem}",
        why="An entry that says less than it should could accept more than was meant, so such a file isn't used.",
        example="accept: [{code: FHIR-0101, until: 2027-01-31}]",
        type="structure",
    ),
    Code(
        code="BASE-0002",
        severity="warning",
        title="Acceptance expired",
        message="the acceptance of {code} ended on {until}; {count} of its findings count again",
        why="A finding is accepted for a time and a reason. The reason is looked at again, or the finding is repaired.",
        type="business-rule",
    ),
    Code(
        code="BASE-0003",
        severity="information",
        title="Acceptance not needed",
        message="nothing that was found is accepted by this entry for {code}; it can go",
        why="What is repaired should not stay accepted: the same fault would come back unseen.",
        type="informational",
    ),
)
