"""What can be wrong with a site's settings."""

from __future__ import annotations

from conformance.catalogue.code import Code

CODES: tuple[Code, ...] = (
    Code(
        code="CFG-0001",
        severity="fatal",
        title="Settings can't be read",
        message="the file can't be read: {problem}",
        why="--config names a file, --site a folder; both must be there and readable.",
        type="not-found",
    ),
    Code(
        code="CFG-0002",
        severity="error",
        title="Unknown setting",
        message="there is no setting `{path}`{hint}",
        why="A misspelt setting that is passed over would leave the default in force without a word.",
        example="tennant: {salt: x}",
        type="structure",
    ),
    Code(
        code="CFG-0003",
        severity="error",
        title="Wrong value",
        message="`{path}`: {problem}{hint}",
        why="The value isn't of the kind that the setting takes; `sdoh-gateway config schema` says which that is.",
        example="default_zone: Amerika/New_York",
        type="value",
    ),
    Code(
        code="CFG-0004",
        severity="error",
        title="Setting missing",
        message="`{path}` is needed here",
        why="Without it the section has no meaning.",
        type="required",
    ),
    Code(
        code="CFG-0005",
        severity="error",
        title="Environment variable not set",
        message="the environment variable {variable} is not set",
        why="An empty secret in its place would be worse than none.",
        example="salt: ${env:GATEWAY_SALT}",
        type="not-found",
    ),
    Code(
        code="CFG-0006",
        severity="error",
        title="Secret file can't be read",
        message="the file named here can't be read: {problem}",
        why="Relative names are looked up in the folder of the settings; the file may have at most 64 KiB.",
        example="salt: ${file:/run/secrets/salt}",
        type="not-found",
    ),
    Code(
        code="CFG-0007",
        severity="error",
        title="Unknown reference",
        message="a reference is `${{env:NAME}}` or `${{file:PATH}}`; `$${{` stands for the two characters themselves",
        why="Anything else would be taken as text by mistake.",
        example="salt: ${vault:salt}",
        type="structure",
    ),
    Code(
        code="CFG-0008",
        severity="information",
        title="The default salt is in use",
        message="`tenant.salt` is not set, so ids are made with the documented default",
        why="Ids are UUIDs over the tenant's salt. With the default, whoever knows an identifier can compute its id, "
        "and two installations give one person the same id.",
        type="security",
    ),
    Code(
        code="CFG-0009",
        severity="error",
        title="Overlay folder missing",
        message="an overlay folder named here isn't there",
        why="Its maps and tables would be missing without a word. Relative names are looked up in the folder of the "
        "settings.",
        type="not-found",
    ),
)
