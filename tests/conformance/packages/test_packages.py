"""Packages: compiled once, kept side by side; hostile and broken ones are refused and say why."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.definitions.registry import Registry
from conformance.packages import Store, archive, compiled, missing
from conformance.packages.store import gathered, rank
from tests.conformance.packages.making import PROFILE, SYSTEM, archived, code_system, guide, manifest, unpacked, written


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    folder = tmp_path / "cache"
    folder.mkdir()
    return folder


def _codes(path: Path, cache: Path) -> list[str]:
    return [one.code for one in compiled(path, cache).issues]


def test_a_package_becomes_a_pack_once(tmp_path: Path, cache: Path) -> None:
    path = written(tmp_path, guide())
    first = compiled(path, cache).value
    (made,) = cache.iterdir()
    before = made.stat().st_mtime_ns
    second = compiled(path, cache).value
    assert first is not None
    assert second is not None
    assert first.name == "org.example.guide@1.0.0"
    assert made.stat().st_mtime_ns == before
    assert [one["url"] for one in second.all("StructureDefinition")] == [PROFILE]


def test_archive_and_folder_give_the_same_definitions(tmp_path: Path, cache: Path) -> None:
    from_archive = compiled(written(tmp_path, guide()), cache).value
    folder = unpacked(tmp_path, guide())
    for source in (folder, folder / "package"):
        from_folder = compiled(source, cache).value
        assert from_archive is not None
        assert from_folder is not None
        assert list(from_folder.all("CodeSystem")) == list(from_archive.all("CodeSystem"))
    assert gathered(tmp_path) == [folder]
    assert gathered(folder) == [folder]


def test_versions_live_side_by_side(tmp_path: Path) -> None:
    store = Store(tmp_path / "packages")
    assert store.names() == ()
    for version in ("1.9.0", "1.10.0", "1.10.0-ballot"):
        files = guide(version) | {"CodeSystem-colours.json": code_system(version, [f"v{version}"])}
        assert store.add(written(tmp_path, files)).ok
    assert store.names() == tuple(f"org.example.guide@{one}" for one in ("1.10.0", "1.10.0-ballot", "1.9.0"))
    registry = Registry([result.value for result in store.packs() if result.value])
    for version in ("1.9.0", "1.10.0"):
        found = registry.find("CodeSystem", f"{SYSTEM}|{version}")
        assert found is not None
        assert found.facts["concept"][0][0] == f"v{version}"
    newest = registry.find("CodeSystem", SYSTEM)
    assert newest is not None
    assert newest.version == "1.10.0"
    assert store.path("org.example.guide") == store.path("org.example.guide@1.10.0")
    assert store.remove("org.example.guide@1.9.0") == ("org.example.guide@1.9.0",)
    assert len(store.remove("org.example.guide")) == 2
    assert store.names() == ()
    assert store.remove("org.example.guide") == ()


def test_a_store_survives_its_sources(tmp_path: Path) -> None:
    store = Store(tmp_path / "packages")
    folder = unpacked(tmp_path, guide())
    store.add(folder)
    for file in (folder / "package").iterdir():
        file.unlink()
    (again,) = (result.value for result in store.packs())
    assert again is not None
    assert len(list(again.all("StructureDefinition"))) == 1


def test_versions_are_ordered_as_people_mean_them() -> None:
    ordered = ["0.9", "1.0.0-ballot", "1.0.0-snapshot1", "1.0.0", "1.0.1", "1.9.0", "1.10.0", "10.0.0-x", "10.0.0"]
    assert sorted(set(ordered), key=rank) == ordered
    sorted(["", "x", "1..2", "1.x", "-", "1.0.0-1.2"], key=rank)


def test_dependencies_that_are_not_here_are_told(tmp_path: Path, cache: Path) -> None:
    files = guide(dependencies={"hl7.fhir.r4.core": "4.0.1", "org.example.other": "2.0.0"})
    pack = compiled(written(tmp_path, files), cache).value
    assert pack is not None
    (told,) = missing(pack, ["hl7.fhir.r4.core"])
    assert told.code == "PKG-0003"
    assert "org.example.other@2.0.0" in told.message


def test_what_can_not_be_used_is_passed_over_and_told_every_time(tmp_path: Path, cache: Path) -> None:
    files = guide() | {
        "a.json": b"{",
        "b.json": b"\xff\xfe",
        "c.json": {"resourceType": "StructureDefinition", "url": "u", "differential": ["x"]},
        "d.json": b"[" * 100_000,
        "e.json": {"resourceType": "ValueSet", "url": "u", "compose": {"include": [1]}},
        "f.json": b"[1]",
        ".index.json": b"not read",
    }
    path = written(tmp_path, files)
    for _ in range(2):
        result = compiled(path, cache)
        assert [(one.code, one.at.source) for one in result.issues] == [
            ("PKG-0004", name) for name in ("a.json", "b.json", "c.json", "d.json", "e.json")
        ]
        assert result.value is not None
        assert len(list(result.value.all("CodeSystem"))) == 1


def test_a_package_for_another_release_is_told(tmp_path: Path, cache: Path) -> None:
    assert _codes(written(tmp_path, {"package.json": manifest(fhirVersions=["5.0.0"])}), cache) == ["PKG-0005"]


@pytest.mark.parametrize(
    "about",
    [
        [],
        {},
        {"name": "a"},
        {"name": "../a", "version": "1.0.0"},
        {"name": "a", "version": "1/../../b"},
        {"name": "a b", "version": "1"},
        {"name": "", "version": "1"},
        {"name": 1, "version": "1"},
    ],
)
def test_a_manifest_without_usable_names_makes_no_package(about: Any, tmp_path: Path, cache: Path) -> None:
    assert _codes(written(tmp_path, {"package.json": about}), cache) == ["PKG-0001"]


def test_what_is_no_package_is_said_to_be_none(tmp_path: Path, cache: Path) -> None:
    good = archived(guide())
    for number, raw in enumerate((b"", b"text", gzip.compress(b"x" * 2000), good[: len(good) // 2], archived({}))):
        path = tmp_path / f"{number}.tgz"
        path.write_bytes(raw)
        assert _codes(path, cache) == ["PKG-0001"]
    assert _codes(tmp_path / "absent.tgz", cache) == ["PKG-0001"]
    assert list(cache.iterdir()) == []


def _member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type = kind
    member.linkname = target
    return member


@pytest.mark.parametrize(
    "member",
    [
        _member("package/x.json", tarfile.SYMTYPE, "/etc/passwd"),
        _member("package/x.json", tarfile.LNKTYPE, "package/package.json"),
        _member("package/x", tarfile.CHRTYPE),
        _member("package/x", tarfile.FIFOTYPE),
        _member("package/../../x.json"),
        _member("/package/x.json"),
        _member("..\\x.json"),
        _member("C:/x.json"),
        _member("package/sub/../../../x"),
    ],
)
def test_links_devices_and_ways_out_are_refused(member: tarfile.TarInfo, tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "bad.tgz"
    path.write_bytes(archived(guide(), [member]))
    assert _codes(path, cache) == ["PKG-0002"]
    assert list(cache.iterdir()) == []


def _bomb(size: int) -> bytes:
    """A file of zeros under `package/`, a thousandth of its size when compressed."""
    made = io.BytesIO()
    with gzip.GzipFile(fileobj=made, mode="wb", mtime=0) as stream:
        member = tarfile.TarInfo("package/big.json")
        member.size = size
        stream.write(member.tobuf())
        for _ in range(size >> 20):
            stream.write(bytes(1 << 20))
    return made.getvalue()


def _header_bomb() -> bytes:
    """A pax header that says it has eight gigabytes."""
    member = tarfile.TarInfo("pax")
    member.type = tarfile.XHDTYPE
    member.size = (8 << 30) - 1
    return gzip.compress(member.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 20))


@pytest.mark.parametrize("raw", [_bomb(96 << 20), _header_bomb()], ids=["content", "header"])
def test_bombs_are_refused_in_little_memory(raw: bytes, tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "bomb.tgz"
    path.write_bytes(raw)
    tracemalloc.start()
    try:
        assert _codes(path, cache) == ["PKG-0002"]
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_many_small_files_are_bounded_too(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, guide())
    folder = unpacked(tmp_path, guide())
    monkeypatch.setattr(archive, "MOST_FILES", 2)
    assert _codes(path, cache) == ["PKG-0002"]
    assert _codes(folder, cache) == ["PKG-0002"]
    monkeypatch.setattr(archive, "MOST_FILES", 10)
    monkeypatch.setattr(archive, "LARGEST_CONTENT", 100)
    assert _codes(path, cache) == ["PKG-0002"]
    monkeypatch.setattr(archive, "LARGEST_ARCHIVE", 100)
    assert _codes(path, cache) == ["PKG-0002"]


def test_links_in_a_folder_are_not_followed(tmp_path: Path, cache: Path) -> None:
    folder = unpacked(tmp_path, guide())
    secret = tmp_path / "secret.json"
    secret.write_text('{"resourceType": "CodeSystem", "url": "https://example.org/secret"}')
    os.symlink(secret, folder / "package" / "z.json")
    pack = compiled(folder, cache).value
    assert pack is not None
    assert pack.read("CodeSystem", "https://example.org/secret") is None


@settings(max_examples=60)
@given(st.integers(0, 2000), st.integers(0, 255))
def test_a_damaged_archive_is_never_an_exception(place: int, byte: int) -> None:
    raw = bytearray(gzip.decompress(archived(guide())))
    raw[place % len(raw)] = byte
    try:
        list(archive.read(io.BytesIO(gzip.compress(bytes(raw)))))
    except (archive.RefusedError, archive.UnreadableError) as error:
        assert str(error)  # noqa: PT017 (either outcome is right; anything else would be raised)
