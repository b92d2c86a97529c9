"""A pantry's lists through the running gateway: a watched folder and HTTP in, a hub and a shelter out."""

from __future__ import annotations

import csv
import io
import json
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

from adapters.receivers import Hub, hub
from tests.adapters.formats.tabular.workbooks import workbook
from tests.gateway.harness import free_port, serving, wait_for
from tests.gateway.serve.test_serving import command, listed

HEAD = "person_id,name,dob,zip,contact_ok,first_visit"
ANN = "C-1,Hill Ann,1980-02-13,01005,yes,2026-01-14"
BO = "C-2,Hull Bo,1981-02-13,13501,yes,2026-01-14"
CY = "C-3,Holl Cy,1982-02-13,01005,no,2026-01-14"
MANGLED = "1.2E+11,Hurt Di,1983-02-13,01005,yes,2026-01-14"


def configure(folder: Path, port: int, url: str) -> None:
    for name in ("inbox", "shelter"):
        (folder / name).mkdir()
    (folder / "gateway.yaml").write_text(
        f"""
tenant: {{salt: tables-test}}
http: {{port: {port}}}
work: {{processes: 1}}
channels:
  pantry: {{transport: files, listen: {{folder: inbox, every: 0.1}}, format: csv}}
destinations:
  hub:
    type: fhir_messaging
    to: {{url: "{url}/fhir", private_hosts: [127.0.0.1]}}
    retry: {{first: 50ms, most: 200ms}}
  shelter:
    type: files
    to: {{folder: shelter}}
    cleared: [R, SDV]
routes:
- {{name: near, when: {{postal_code: "01005"}}, to: [hub, shelter]}}
"""
    )


def clients(*rows: str) -> bytes:
    return "\n".join((HEAD, *rows, "")).encode()


def post(port: int, body: bytes, media_type: str) -> str:
    url = f"http://127.0.0.1:{port}/api/v1/channels/pantry/messages"
    asked = urllib.request.Request(url, body, {"Content-Type": media_type})
    with urllib.request.urlopen(asked, timeout=20) as answer:
        assert answer.status == 202
        return str(answer.headers["Message-Id"])


def people(here: Hub) -> list[list[str]]:
    """The people of each transaction that the hub got."""
    assert all(one.path == "/fhir" for one in here.requests)
    bundles = [json.loads(one.body) for one in list(here.requests)]
    assert all(one["type"] == "transaction" for one in bundles)
    return [[name for each in one["entry"] if (name := _name(each["resource"]))] for one in bundles]


def _name(resource: dict[str, Any]) -> str:
    if resource["resourceType"] != "Patient":
        return ""
    active = "" if resource.get("active", True) else "gone: "
    return active + str(resource["identifier"][0]["value"])


def settled(folder: Path, count: int) -> list[dict[str, Any]]:
    """All messages, oldest first, once so many were worked."""

    def worked() -> list[dict[str, Any]]:
        found = listed(folder, "messages")
        return found if len([one for one in found if one["state"] != "received"]) == count else []

    return list(reversed(wait_for(worked, 90.0, f"the work on {count} exports")))


def test_lists_come_in_are_routed_by_person_and_told_once(tmp_path: Path) -> None:
    port = free_port()
    with hub() as here:
        configure(tmp_path, port, here.url)
        with serving(tmp_path) as running:
            (tmp_path / "inbox" / "clients.part").write_bytes(clients(ANN, BO, CY, MANGLED))
            (tmp_path / "inbox" / "clients.part").rename(tmp_path / "inbox" / "clients.csv")
            (first,) = settled(tmp_path, 1)
            assert (first["state"], first["reason"]) == ("routed", "GW-0105")
            wait_for(lambda: people(here) == [["C-1"]], 30.0)
            _restricted_wait_for_a_person(tmp_path)
            _the_same_again_tells_nobody(tmp_path, port, here)
            _mended_rows_go_on(tmp_path, port, here, first["id"])
            assert running.terminate() == 0
        logs = running.log.read_text()
        assert not any(name in logs for name in ("Hill", "Hull", "Holl", "Hurt", "clients.csv"))
    assert not any(b"C-3" in one.body or b"C-2" in one.body for one in here.requests)


def _restricted_wait_for_a_person(folder: Path) -> None:
    """One who may not be contacted goes to the shelter only, which is cleared, and there after somebody has looked."""
    states = {(one["destination"], one["state"], one["held"]) for one in listed(folder, "deliveries")}
    assert ("shelter", "held", "security-label") in states
    assert not any(b"C-3" in path.read_bytes() for path in (folder / "shelter").iterdir())
    command(folder, "deliveries", "resend", "--state", "held")
    wait_for(lambda: any(b"C-3" in path.read_bytes() for path in (folder / "shelter").iterdir()))


def _the_same_again_tells_nobody(folder: Path, port: int, here: Hub) -> None:
    """The same bytes, the same rows as a workbook, and as a zip; only what changed is told."""
    sent = len(list((folder / "shelter").iterdir()))
    rows = [line.split(",") for line in (HEAD, ANN, BO, CY)]
    assert post(port, clients(ANN, BO, CY, MANGLED), "text/csv") == listed(folder, "messages")[-1]["id"]
    sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    post(port, workbook({"clients": rows}), sheet)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("clients.csv", clients(ANN.replace("Hill Ann", "Hill Anne"), BO, CY))
    post(port, packed.getvalue(), "application/zip")
    settled(folder, 3)
    wait_for(lambda: people(here) == [["C-1"], ["C-1"]], 30.0)
    wait_for(lambda: len(list((folder / "shelter").iterdir())) == sent + 1)


def _mended_rows_go_on(folder: Path, port: int, here: Hub, message: str) -> None:
    """A row that was kept out stands in a file with its place and reason; mended there, it is sent again."""
    assert [one["id"] for one in listed(folder, "quarantine")] == [message]
    command(folder, "quarantine", message, "-o", str(folder / "mend"))
    (written,) = (folder / "mend").iterdir()
    ((head, row),) = [[*csv.reader(io.StringIO(written.read_text("utf-8-sig")))]]
    told = dict(zip(head, row, strict=True))
    assert told["kept out: line"] == "5"
    assert (told["kept out: column"], told["kept out: value"]) == ("person_id", "1.2E+11")
    assert told["kept out: code"].startswith("CSV-")
    (folder / "inbox" / "mended.csv").write_text(written.read_text("utf-8-sig").replace("1.2E+11", "C-4"))
    wait_for(lambda: people(here)[2:] == [["C-4"]], 60.0)
    assert settled(folder, 4)[-1]["reason"] is None
    command(folder, "replay", message)
    wait_for(lambda: len(people(here)) == 4, 60.0, "the replay")
