"""`--to` and `--as`: what they mean, and what is said when they mean nothing."""

from __future__ import annotations

import pytest

from gateway.targets import HL7V2_VERSIONS, Misuse, Target, target


@pytest.mark.parametrize(
    ("to", "as_", "expected"),
    [
        ("fhir", None, Target(format="fhir")),
        ("hl7v2", None, Target(format="hl7v2", version="2.5.1")),
        ("fhir", "alerts", Target(format="fhir", label="alerts", version="1.1.0")),
        (None, "alerts@1.1.0", Target(format="fhir", label="alerts", version="1.1.0")),
        (None, "ADT_A03@2.5.1", Target(format="hl7v2", structure="ADT_A03", version="2.5.1")),
        ("hl7v2", "adt@2.8", Target(format="hl7v2", version="2.8")),
    ],
)
def test_targets(to: str | None, as_: str | None, expected: Target) -> None:
    assert target(to, as_) == expected


@pytest.mark.parametrize(
    ("to", "as_", "said"),
    [
        (None, None, "--to fhir"),
        ("csv", None, "which kind of tables"),
        ("hl7", None, "did you mean hl7v2"),
        ("csv", "alerts", "form of fhir"),
        (None, "hmis@fy1999", "no version 'fy1999' of hmis"),
        (None, "alrets", "did you mean alerts"),
        (None, "ADT_A03@9", "known: 2.3"),
        (None, "ADT_A03x", "no kind"),
    ],
)
def test_misuse_says_what_there_is(to: str | None, as_: str | None, said: str) -> None:
    with pytest.raises(Misuse, match=said):
        target(to, as_)


def test_versions_that_can_be_written_have_tables() -> None:
    from conformance.hl7v2.tables import VERSIONS

    assert set(HL7V2_VERSIONS) - {"2.7.1"} <= set(VERSIONS)
