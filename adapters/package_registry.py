"""The FHIR package registry protocol, https://hl7.org/fhir/packages.html: what npm registries speak.

One registry, whose URL comes from the settings. Only its own host is asked: an archive that its answer places elsewhere
isn't fetched. What comes is held against the hashes that the registry promised.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from adapters.http import Client, HttpError
from conformance.catalogue import issue
from conformance.issue import Result, Where

LARGEST_LISTING = 64 << 20
LARGEST_PACKAGE = 256 << 20
_LATEST = ("", "latest", "current")
_ALGORITHMS = ("sha512", "sha384", "sha256")


class _RegistryError(Exception):
    """Why there is no package: the text of the issue PKG-0006."""


@dataclass(kw_only=True)
class PackageRegistry:
    """`url` is the registry's base, http or https; it may lead to a private address, since a person named it."""

    url: str
    deadline: float = 120.0
    headers: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _client(self) -> Client:
        return Client(private_hosts=[urlsplit(self.url).hostname or ""])

    def fetch(self, name: str, version: str = "") -> Result[tuple[str, bytes]]:
        """The version that was meant and the archive's bytes.

        `version`: exact; `6.1.x`, the newest that begins so; empty or `latest`, what the registry calls so.
        """
        where = Where(source=f"{name}@{version}" if version else name)
        try:
            versions = self._versions(name)
            chosen = _chosen(versions, version)
            raw = self._get(self._place(name, chosen, versions[chosen]), LARGEST_PACKAGE)
        except _RegistryError as error:
            return Result(value=None, issues=(issue("PKG-0006", where, problem=str(error)),))
        except HttpError as error:
            problem = error.reason or _words(error)
            return Result(value=None, issues=(issue("PKG-0006", where, problem=problem),))
        if broken := _broken(raw, versions[chosen].get("dist")):
            return Result(value=None, issues=(issue("PKG-0007", where, algorithm=broken),))
        return Result(value=(chosen, raw))

    def _versions(self, name: str) -> dict[str, Any]:
        """The listing's versions, with `dist-tags.latest` as `latest`."""
        raw = self._get(self._join(quote(name, safe="")), LARGEST_LISTING)
        try:
            listing = json.loads(raw)
            versions = {key: value for key, value in listing["versions"].items() if isinstance(value, dict)}
            tags = listing.get("dist-tags") or {}
            latest = versions.get(tags.get("latest"))
        except (ValueError, RecursionError, KeyError, AttributeError, TypeError) as error:
            raise _RegistryError("its listing of versions can't be read") from error
        return versions if latest is None else {**versions, "latest": {**latest, "version": tags["latest"]}}

    def _place(self, name: str, version: str, about: Mapping[str, Any]) -> str:
        """Where the archive is: on the registry's own host."""
        dist = about.get("dist")
        tarball = dist.get("tarball") if isinstance(dist, dict) else None
        if not isinstance(tarball, str) or not tarball:
            return self._join(f"{quote(name, safe='')}/{quote(version, safe='')}")
        place = _joined(self._join(""), tarball)
        if _origin(place) != _origin(self.url):
            raise _RegistryError("it places the archive on another host")
        return place

    def _join(self, path: str) -> str:
        return f"{self.url.rstrip('/')}/{path}"

    def _get(self, url: str, at_most: int) -> bytes:
        answer = self._client.get(url, self.headers, deadline=self.deadline, at_most=at_most)
        if answer.status == 404:
            raise _RegistryError("there is none of that name")
        if answer.status != 200:
            raise _RegistryError(f"it answered {answer.status}")
        return answer.body


def _chosen(versions: Mapping[str, Any], wanted: str) -> str:
    if wanted in _LATEST:
        if "latest" not in versions:
            raise _RegistryError("it doesn't say which version is the latest")
        return str(versions["latest"]["version"])
    if wanted in versions:
        return wanted
    stem = re.sub(r"(\.x)+$", "", wanted)
    found = [one for one in versions if stem != wanted and one.startswith(f"{stem}.") and "-" not in one]
    if not found:
        raise _RegistryError("there is no such version")
    return max(found, key=lambda one: [int(part) if part.isdecimal() else -1 for part in one.split(".")])


def _joined(base: str, path: str) -> str:
    try:
        return urljoin(base, path)
    except ValueError as error:
        raise _RegistryError("it gives no usable address") from error


def _origin(url: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError as error:
        raise _RegistryError("it gives no usable address") from error


def _broken(raw: bytes, dist: object) -> str:
    """The algorithm whose promise wasn't kept; empty when all were, or none was made."""
    promised = dist if isinstance(dist, dict) else {}
    for one in str(promised.get("integrity") or "").split():
        algorithm, _, text = one.partition("-")
        if algorithm in _ALGORITHMS:
            return "" if base64.b64encode(hashlib.new(algorithm, raw).digest()).decode() == text else algorithm
    if shasum := promised.get("shasum"):
        held = hashlib.sha1(raw, usedforsecurity=False).hexdigest()
        return "" if held == shasum else "sha1"
    return ""


def _words(error: HttpError) -> str:
    """`UnresolvedError` as `unresolved`."""
    return type(error).__name__.removesuffix("Error").lower()
