"""What can be said of FHIR packages and of terminology that a user adds."""

from __future__ import annotations

from conformance.catalogue.code import Code

_SPEC = "https://hl7.org/fhir/packages.html"

CODES: tuple[Code, ...] = (
    Code(
        code="PKG-0001",
        severity="error",
        title="Not a FHIR package",
        message="this can't be read as a FHIR package: {problem}",
        why="A package is a gzipped tar archive, or a folder, with package/package.json and one resource a file.",
        spec=_SPEC,
        type="structure",
    ),
    Code(
        code="PKG-0002",
        severity="error",
        title="Archive refused",
        message="this archive is refused: {problem}",
        why="Packages come from elsewhere. Links, paths that lead out of the archive and sizes that would fill memory"
        " have no place in one.",
        example="a member ../../.profile",
        type="security",
    ),
    Code(
        code="PKG-0003",
        severity="information",
        title="Dependency not here",
        message="{package} depends on {dependency}, which is not here in any version",
        why="What it defines is unknown: findings that need it say that they were not checked.",
        spec=_SPEC,
        type="not-found",
    ),
    Code(
        code="PKG-0004",
        severity="warning",
        title="Resource passed over",
        message="a file of the package is passed over: {problem}",
        why="The other definitions can be used; this one is as if it weren't there.",
        type="structure",
    ),
    Code(
        code="PKG-0005",
        severity="warning",
        title="Not made for R4",
        message="the package is made for FHIR {versions}; here it is read as 4.0.1",
        why="Definitions of other releases may name elements that R4 doesn't have.",
        spec=_SPEC,
        type="not-supported",
    ),
    Code(
        code="PKG-0006",
        severity="error",
        title="Registry gives no package",
        message="the registry gives no package: {problem}",
        why="The registry is the one of the settings (`package_registry`) or of --registry; only its host is asked.",
        spec=_SPEC,
        type="not-found",
    ),
    Code(
        code="PKG-0007",
        severity="error",
        title="Package is not what was promised",
        message="the {algorithm} of the package is not the one that the registry promised; it was not kept",
        why="It was damaged on its way, or changed by somebody.",
        type="security",
    ),
    Code(
        code="PKG-0101",
        severity="error",
        title="Terminology not understood",
        message="this can't be used as terminology: {problem}",
        why="Taken: a FHIR CodeSystem or ValueSet, a CSV with a column of codes, a VSAC expansion export.",
        type="structure",
    ),
    Code(
        code="PKG-0102",
        severity="warning",
        title="Row passed over",
        message="the row is passed over: {problem}",
        why="A code that can't be used is told, so that nobody relies on it.",
        type="incomplete",
    ),
    Code(
        code="PKG-0103",
        severity="information",
        title="Code system goes by its OID",
        message="no URI is known for the code system {oid}; its codes are filed under urn:oid:{oid}",
        why="FHIR names code systems by URI. A code sent with another URI for this system won't be found in the set.",
        example="2.16.840.1.113883.6.999",
        type="informational",
    ),
    Code(
        code="PKG-0104",
        severity="information",
        title="Part of an expansion",
        message="the expansion holds a part of the value set; codes outside it count as not checked",
        why="A partial list can't tell that a code isn't in the set.",
        type="incomplete",
    ),
)
