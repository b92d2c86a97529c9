"""YAML: files that people write for the gateway (maps, profiles, configuration), before anything is known of them."""

from conformance.catalogue.code import Code

CODES = (
    Code(
        code="YAML-0001",
        severity="error",
        title="Not readable as YAML",
        message="this file is not readable as YAML: {problem}",
        why="Nothing in a file that can't be parsed takes effect; guessing at its meaning would be worse.",
        example="rules: [{v2: PID-7",
        spec="https://yaml.org/spec/1.1/",
        type="structure",
    ),
    Code(
        code="YAML-0002",
        severity="error",
        title="Key given twice",
        message="this key stands twice in the same mapping",
        why="YAML readers keep the last one in silence; one of the two would be lost.",
        example="zone: America/New_York\nzone: America/Chicago",
        spec="https://yaml.org/spec/1.1/#id861060",
        type="duplicate",
    ),
)
