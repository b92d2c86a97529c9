"""The account of a feed: what senders fill that nothing maps, in paths and counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from gateway.cli import main
from gateway.config import Sender, Site
from gateway.feeds import accounts
from gateway.web.app import create_app
from tests.gateway.web.small import Small, settings

HEAD = "MSH|^~\\&|{app}|GH|||20240301081500+0000||ADT^A01|{number}|P|2.5.1\rEVN||20240301081500+0000\r"
SECRET = "Geheimnis"


def message(number: int, zph: str = SECRET, app: str = "APP") -> bytes:
    head = HEAD.replace("{app}", app).replace("{number}", str(number))
    return (head + f"PID|||7^^^GH^MR||{SECRET}^Ann||19800203\rPV1||I\r" + (f"ZPH|1|{zph}\r" if zph else "")).encode()


MESSAGES = [message(1), message(2), message(3, ""), message(4, "x^y", "LAB")]


def test_fields_are_counted_by_sender_those_without_a_place_first() -> None:
    app, lab = accounts(MESSAGES, channel="adt")
    assert [(one.channel, one.sender, one.messages) for one in (app, lab)] == [
        ("adt", "APP|GH", 3),
        ("adt", "LAB|GH", 1),
    ]
    assert [(one.path, one.messages, one.counts["unmapped"]) for one in app.sorted()] == [
        ("ZPH-1", 2, 2),
        ("ZPH-2", 2, 2),
    ]
    assert [one.path for one in lab.sorted()] == ["ZPH-1", "ZPH-2.1", "ZPH-2.2"]
    family = next(one for one in app.sorted(every=True) if one.path == "PID-5.1")
    assert (family.messages, family.counts["mapped"], family.reason) == (3, 3, "")


def test_a_sender_goes_by_the_sites_name_and_no_value_is_kept() -> None:
    site = Site(senders=(Sender(name="lab", match={"MSH-3": ["LAB"]}),))
    found = accounts(MESSAGES, site=site)
    assert [one.sender for one in found] == ["APP|GH", "lab"]
    assert SECRET not in json.dumps([one.plain(every=True) for one in found])


def test_what_cannot_be_read_has_no_account() -> None:
    assert accounts([b"nothing", b""]) == []


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    for number, each in enumerate(MESSAGES):
        (tmp_path / f"{number}.hl7").write_bytes(each)
    return tmp_path


def test_the_command_reads_folders(inbox: Path) -> None:
    table = CliRunner().invoke(main, ["feed", str(inbox)])
    assert table.exit_code == 0
    assert "APP|GH: 3 messages" in table.stdout
    assert "ZPH-2" in table.stdout
    assert "PID-5.1" not in table.stdout
    plain = json.loads(CliRunner().invoke(main, ["feed", str(inbox), "--format", "json", "--all"]).stdout)
    assert {"path": "ZPH-1", "messages": 2, "mapped": 0, "ignored": 0, "unmapped": 2, "null": 0,
            "reason": "no rule reads it"} in plain[0]["fields"]  # fmt: skip
    assert SECRET not in table.stdout + json.dumps(plain)


def test_the_command_reads_what_a_gateway_received(tmp_path: Path) -> None:
    config = tmp_path / "gateway.yaml"
    config.write_text("channels: {adt: {transport: http}}\nstore: {url: 'sqlite:///gateway.db'}\n")
    small = Small(tmp_path)
    for each in MESSAGES:
        small.accept("adt", each)
    small.store.close()
    shown = CliRunner().invoke(main, ["feed", "--config", str(config), "--channel", "adt"])
    assert shown.exit_code == 0, shown.output
    assert "adt, APP|GH: 3 messages" in shown.stdout
    assert "ZPH-1" in shown.stdout


def test_the_api_tells_it_of_a_channel(tmp_path: Path) -> None:
    small = Small(tmp_path)
    client: FlaskClient = create_app(small, settings()).test_client()
    for each in MESSAGES:
        small.accept("adt", each)
    app, lab = client.get("/api/v1/channels/adt/ledger").json["feeds"]  # type: ignore[index]
    assert (app["sender"], app["messages"], [one["path"] for one in app["fields"]]) == ("APP|GH", 3, ["ZPH-1", "ZPH-2"])
    assert lab["messages"] == 1
    assert client.get("/api/v1/channels/none/ledger").status_code == 404
    small.store.close()


def test_a_feed_of_tables_is_told_by_column() -> None:
    table = b"MemberID,SubscriberID,LastName,Shoe size\nM1,S1,Hill,38\nM2,S1,Hull,44\n"
    (feed,) = accounts([table, table], channel="lists")
    fields = {one.path: one for one in feed.sorted(every=True)}
    assert (fields["members.Shoe size"].messages, fields["members.Shoe size"].counts["unmapped"]) == (2, 4)
    assert fields["members.last_name"].counts["mapped"] == 4
