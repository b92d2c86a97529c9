"""MSH-18: as declared, undeclared, and declared wrongly. Never mojibake without a word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.formats.hl7v2.charsets import name_of
from tests.adapters.formats.hl7v2.messages import FORMAT


def message(declared: str, name: str, codec: str) -> bytes:
    return f"MSH|^~\\&|A|B|||2024||ADT^A04|1|P|2.5.1||||||{declared}\rPID|1||1||{name}\r".encode(codec)


@pytest.mark.parametrize(
    ("declared", "codec", "name"),
    [
        ("", "utf-8", "Müller"),
        ("ASCII", "ascii", "Miller"),
        ("8859/1", "latin-1", "Müller"),
        ("8859/2", "iso8859-2", "Łódź"),
        ("8859/5", "iso8859-5", "Иванова"),
        ("8859/7", "iso8859-7", "Παπαδόπουλος"),
        ("8859/8", "iso8859-8", "כהן"),
        ("8859/9", "iso8859-9", "Şahin"),
        ("8859/15", "iso8859-15", "Œuvre"),
        ("UNICODE UTF-8", "utf-8", "Müller 山田"),
        ("UNICODE", "utf-8", "Müller"),
        ("unicode utf-8", "utf-8", "Müller"),
        ("UNICODE UTF-16", "utf-16", "Müller 山田"),
        ("UNICODE UTF-16", "utf-16-le", "Müller 山田"),
        ("UNICODE UTF-16", "utf-16-be", "Müller 山田"),
        ("UNICODE UTF-32", "utf-32", "Müller"),
        ("GB 18030-2000", "gb18030", "王小明"),
        ("KS X 1001", "euc_kr", "김철수"),
        ("BIG-5", "big5", "陳大文"),
        ("~ISO IR87", "iso2022_jp", "Yamada^Tarou~山田^太郎"),
        ("ASCII~ISO IR87", "iso2022_jp", "山田"),
        ("ASCII~UNICODE UTF-8", "utf-8", "Müller"),
        ("8859/1~UNICODE UTF-8", "utf-8", "Müller"),
        ("ASCII~8859/1", "latin-1", "Müller"),
    ],
)
def test_text_is_read_as_declared(declared: str, codec: str, name: str) -> None:
    result = FORMAT.parse(message(declared, name, codec))
    assert result.value is not None
    assert result.value.root.all("PID")[0].fields[5] == name
    assert "V2-0023" not in [issue.code for issue in result.issues]
    if "~" not in declared:
        assert result.issues == ()


@pytest.mark.parametrize(
    ("declared", "codec", "name", "code"),
    [
        ("", "cp1252", "Müller – “Ann”", "V2-0024"),
        ("UNICODE UTF-8", "latin-1", "Müller", "V2-0023"),
        ("ASCII", "utf-8", "Müller", "V2-0021"),
        ("8859/1", "utf-8", "Müller", "V2-0021"),
        ("ASCII", "cp1252", "Müller", "V2-0023"),
        ("8859/1", "cp1252", "O’Brien €", "V2-0022"),
        ("KLINGON", "utf-8", "Müller", "V2-0020"),
        ("CNS 11643-1992", "ascii", "Miller", "V2-0020"),
        ("UNICODE UTF-16", "latin-1", "Müller", "V2-0023"),
    ],
)
def test_a_declaration_that_is_not_true_is_reported_and_the_text_still_read(
    declared: str, codec: str, name: str, code: str
) -> None:
    result = FORMAT.parse(message(declared, name, codec))
    assert result.value is not None
    assert result.value.root.all("PID")[0].fields[5] == name
    found = {issue.code: issue for issue in result.issues}
    assert code in found
    assert found[code].at.path == "MSH[1]-18"


def test_bytes_that_no_windows_set_has_are_kept_one_to_one() -> None:
    raw = message("", "Miller", "ascii").replace(b"Miller", b"M\x81\x8d\xff")
    result = FORMAT.parse(raw)
    assert result.value is not None
    assert result.value.root.all("PID")[0].fields[5] == "M\x81\x8d\xff"
    assert [issue.code for issue in result.issues] == ["V2-0024"]


@given(st.binary(max_size=40).filter(lambda name: not set(name) & set(b"\r\n|^~\\&\x00\x1c")))
def test_no_byte_is_lost_whatever_it_is(name: bytes) -> None:
    raw = message("", "Miller", "ascii").replace(b"Miller", name)
    result = FORMAT.parse(raw)
    assert result.value is not None
    root = result.value.root
    assert root.all("PID")[0].fields[5].encode(root.charset) == name
    assert name.isascii() or root.charset == "utf-8" or result.issues


def test_codecs_have_their_names_of_table_0211() -> None:
    assert [name_of(codec) for codec in ("ascii", "latin-1", "utf-8", "cp1252")] == [
        "ASCII",
        "8859/1",
        "UNICODE UTF-8",
        "",
    ]
