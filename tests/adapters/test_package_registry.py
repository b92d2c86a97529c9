"""The package registry protocol against a real server on this machine: good answers, broken ones, and other hosts."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from adapters import package_registry
from adapters.package_registry import PackageRegistry
from tests.conformance.packages.making import archived, guide

NAME = "org.example.guide"
RAW = archived(guide())


@contextmanager
def registry(pages: dict[str, tuple[int, bytes]]) -> Iterator[tuple[str, list[str]]]:
    """A server of these pages, by path; gives its URL and what was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            status, body = pages.get(self.path, (404, b""))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/fhir", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _listing(*versions: str, latest: str = "1.0.0", **dist: str) -> tuple[int, bytes]:
    listing = {
        "name": NAME,
        "dist-tags": {"latest": latest},
        "versions": {one: {"name": NAME, "version": one, "dist": dist} for one in versions},
    }
    return 200, json.dumps(listing).encode()


def pages(**dist: str) -> dict[str, tuple[int, bytes]]:
    return {f"/fhir/{NAME}": _listing("1.0.0", **dist), f"/fhir/{NAME}/1.0.0": (200, RAW)}


def _problem(given: dict[str, tuple[int, bytes]], version: str = "1.0.0") -> tuple[str, str]:
    with registry(given) as (url, _):
        result = PackageRegistry(url=url, deadline=5).fetch(NAME, version)
    assert result.value is None
    (only,) = result.issues
    return only.code, only.message


def test_an_exact_version_is_fetched_and_its_hash_compared() -> None:
    sha512 = base64.b64encode(hashlib.sha512(RAW).digest()).decode()
    for dist in ({}, {"shasum": hashlib.sha1(RAW).hexdigest()}, {"integrity": f"sha512-{sha512}"}):
        with registry(pages(**dist)) as (url, asked):
            assert PackageRegistry(url=f"{url}/").fetch(NAME, "1.0.0").value == ("1.0.0", RAW)
        assert asked == [f"/fhir/{NAME}", f"/fhir/{NAME}/1.0.0"]


@pytest.mark.parametrize("dist", [{"shasum": "0" * 40}, {"integrity": "sha512-AAAA"}])
def test_what_is_not_what_was_promised_is_not_taken(dist: dict[str, str]) -> None:
    assert _problem(pages(**dist))[0] == "PKG-0007"


@pytest.mark.parametrize(
    ("wanted", "meant"), [("", "1.9.0"), ("latest", "1.9.0"), ("1.x", "1.10.0"), ("1.9.x", "1.9.1"), ("1.9.0", "1.9.0")]
)
def test_versions_are_chosen_as_meant(wanted: str, meant: str) -> None:
    listing = _listing("1.9.0", "1.9.1", "1.10.0", "1.10.1-ballot", "2.0.0", latest="1.9.0")
    with registry({f"/fhir/{NAME}": listing, f"/fhir/{NAME}/{meant}": (200, RAW)}) as (url, _):
        assert PackageRegistry(url=url).fetch(NAME, wanted).value == (meant, RAW)


def test_an_archive_may_be_elsewhere_on_the_same_host_and_nowhere_else() -> None:
    same = {f"/fhir/{NAME}": _listing("1.0.0", tarball="/files/a.tgz"), "/files/a.tgz": (200, RAW)}
    with registry(same) as (url, _):
        assert PackageRegistry(url=url).fetch(NAME, "1.0.0").value == ("1.0.0", RAW)
    for tarball in (
        "http://127.0.0.1:9/a.tgz",
        "https://elsewhere.example.org/a.tgz",
        "//elsewhere/a",
        "file:///etc/x",
    ):
        assert _problem(pages(tarball=tarball)) == (
            "PKG-0006",
            "the registry gives no package: it places the archive on another host",
        )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "there is none of that name"),
        ({f"/fhir/{NAME}": (500, b"")}, "it answered 500"),
        ({f"/fhir/{NAME}": (302, b"")}, "it answered 302"),
        ({f"/fhir/{NAME}": (200, b"{")}, "can't be read"),
        ({f"/fhir/{NAME}": (200, b"[" * 100_000)}, "can't be read"),
        ({f"/fhir/{NAME}": (200, b"[1]")}, "can't be read"),
        ({f"/fhir/{NAME}": (200, b'{"versions": []}')}, "can't be read"),
        ({f"/fhir/{NAME}": _listing("2.0.0")}, "no such version"),
        ({f"/fhir/{NAME}": _listing("1.0.0")}, "there is none of that name"),
        ({f"/fhir/{NAME}": _listing("1.0.0", tarball="http://[")}, "no package"),
    ],
)
def test_answers_that_help_nobody_are_told(given: dict[str, tuple[int, bytes]], said: str) -> None:
    code, message = _problem(given)
    assert code == "PKG-0006"
    assert said in message


def test_no_answer_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with registry({}) as (url, _):
        pass
    (only,) = PackageRegistry(url=url, deadline=2).fetch(NAME).issues
    assert only.code == "PKG-0006"
    monkeypatch.setattr(package_registry, "LARGEST_LISTING", 10)
    assert "too long" in _problem(pages())[1]
