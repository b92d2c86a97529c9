"""What every format must do."""

from __future__ import annotations

from conformance.document import Document, Format
from conformance.issue import Issue

HOSTILE = (b"", b"\x00", b"\xff\xfe\x00\x00", b"x" * 100_000, b"<" * 10_000, b"[" * 10_000, bytes(range(256)) * 16)


class FormatContract:
    """Subclass it and name the `format` and some `samples` that are right."""

    format: Format
    samples: tuple[bytes, ...]

    def test_it_has_a_name_and_a_suffix(self) -> None:
        assert self.format.name.isidentifier()
        assert all(suffix.startswith(".") for suffix in self.format.suffixes)
        assert "/" in self.format.media_type

    def test_a_sample_is_recognised_and_read(self) -> None:
        for sample in self.samples:
            assert self.format.sniff(sample[:4096])
            assert self._parsed(sample).format

    def test_an_untouched_document_gives_its_bytes_again(self) -> None:
        for sample in self.samples:
            assert self.format.render(self._parsed(sample)).value == sample

    def test_what_is_hostile_gives_issues_and_no_exception(self) -> None:
        for raw in (*HOSTILE, *(sample[: len(sample) // 2] for sample in self.samples)):
            result = self.format.parse(raw)
            assert result.value is not None or result.issues
            assert all(isinstance(found, Issue) for found in result.issues)

    def test_the_parts_of_a_source_are_in_it(self) -> None:
        for sample in self.samples:
            parts = self.format.split(sample)
            assert parts
            assert all(self.format.parse(part).value is not None for part in parts)

    def _parsed(self, sample: bytes) -> Document:
        document = self.format.parse(sample).value
        assert document is not None
        return document
