"""Calls that fire the codes of what maps make of tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from conformance.issue import Issue


def _left_before_arriving() -> Iterable[Issue]:
    from gateway import convert

    tables = {
        "Enrollment": "EnrollmentID,PersonalID,ProjectID,EntryDate\nE1,C1,P1,2026-03-02\n",
        "Exit": "ExitID,EnrollmentID,PersonalID,ExitDate,Destination\nX1,E1,C1,2026-03-01,410\n",
        "Client": "PersonalID,FirstName,LastName,DOB,SSN\nC1,Ann,Hill,1980-02-03,\n",
        "Project": "ProjectID,OrganizationID,ProjectName,OperatingStartDate\nP1,O1,Night,2020-01-01\n",
        "Organization": "OrganizationID,OrganizationName\nO1,House\n",
    }
    with TemporaryDirectory() as folder:
        for name, text in tables.items():
            (Path(folder) / f"{name}.csv").write_text(text, encoding="utf-8")
        return convert(Path(folder), to="fhir").issues


FIRES: dict[str, Callable[[], Iterable[Issue]]] = {"MAP-0210": _left_before_arriving}
