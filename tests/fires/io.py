"""Calls that fire the codes of the area IO."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from unittest.mock import patch

from conformance.issue import Issue
from gateway import sources
from gateway.bundle import in_form
from gateway.cli import inputs
from gateway.cli.convert import Run
from gateway.cli.ledgers import Ledgers
from gateway.cli.outputs import Output
from gateway.config import Site
from gateway.targets import Target


def _read(content: bytes | None, limit: int = sources.MAX_BYTES) -> Callable[[], Iterable[Issue]]:
    def fire() -> Iterable[Issue]:
        with TemporaryDirectory() as folder, patch.object(inputs, "MAX_BYTES", limit):
            path = Path(folder, "a.hl7")
            if content is not None:
                path.write_bytes(content)
            return inputs.Input(path=path, name="a.hl7", below=PurePath("a.hl7")).read()[1]

    return fire


def _parts(raw: bytes) -> Callable[[], Iterable[Issue]]:
    return lambda: [one for part in sources.parts(raw) for one in part.issues]


def _listed() -> Iterable[Issue]:
    with TemporaryDirectory() as folder:
        path = Path(folder, "README.md")
        path.write_text("text")
        output = Output("-", folder=False, suffix=".json")
        run = Run(Target(format="fhir"), Site(), "message", None, "auto", output, True, Ledgers(None, False))
        return run.convert(inputs.Input(path=path, name="README.md", below=PurePath("README.md"), listed=True))


def _unwritable() -> Iterable[Issue]:
    with TemporaryDirectory() as folder:
        Path(folder, "below").write_text("a file where a folder is needed")
        output = Output(folder, folder=True, suffix=".json")
        source = inputs.Input(path=None, name="a.hl7", below=PurePath("below/a.hl7"))
        problem = output.write(source, sources.Part(raw=b""), b"{}")
        return [problem] if problem else []


FIRES: dict[str, Callable[[], Iterable[Issue]]] = {
    "IO-0001": _read(None),
    "IO-0002": _parts(b"%PDF-1.7"),
    "IO-0003": _parts(b"\n"),
    "IO-0004": _listed,
    "IO-0005": _read(b"MSH|", limit=3),
    "IO-0006": _unwritable,
    "IO-0007": lambda: in_form({"resourceType": "Bundle", "type": "message"}, "document").issues,
}
