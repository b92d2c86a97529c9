"""Messages that ship with the package: people, places and identifiers in them are invented."""

from __future__ import annotations

from importlib.resources import files


def sample(name: str) -> bytes:
    """The bytes of a sample: `discharge-a03.hl7`."""
    return (files(__package__) / name).read_bytes()
