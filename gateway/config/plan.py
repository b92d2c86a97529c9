"""From the file to the plan of a running gateway, with what types can't say: references, reach, what fits together."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from conformance.catalogue import issue
from conformance.issue import Issue, Result, Where, has_errors
from gateway import datasets, formats
from gateway.config.adapters import make
from gateway.config.channels import DESTINATIONS, TRANSPORTS  # type: ignore[attr-defined]
from gateway.config.file import Config
from gateway.config.load import Loaded, in_order, load_what_can_be, place_of
from gateway.config.references import Location
from gateway.config.site import Site, site_of
from gateway.plan import Channel, Destination, Plan, Retry, Rule
from gateway.routing import problem
from gateway.targets import Misuse, Target, target
from gateway.web.settings import ApiKey, hash_of
from gateway.web.settings import Settings as Http

_PROFILES = {"alerts": ("fhir-alerts-message",)}
"""The profile that a kind has to meet unless the destination names another."""


def plan(path: Path) -> Result[Plan]:
    """The plan of a `gateway.yaml`, or of the one in a folder; no value when there is an error."""
    file = path / "gateway.yaml" if path.is_dir() else path
    loaded = load_what_can_be(file)
    if loaded.value is None:
        return Result(value=None, issues=loaded.issues)
    maker = _Maker(loaded.value, file)
    made = maker.plan()
    issues = in_order([*loaded.issues, *maker.issues])
    return Result(value=None if has_errors(issues) else made, issues=issues)


def advice(loaded: Loaded, file: Path) -> list[Issue]:
    """What is wrong with a file beyond its types: for `config check`."""
    maker = _Maker(loaded, file)
    maker.plan()
    return maker.issues


@dataclass(slots=True)
class _Maker:
    loaded: Loaded
    file: Path
    issues: list[Issue]

    def __init__(self, loaded: Loaded, file: Path) -> None:
        self.loaded = loaded
        self.file = file
        self.issues = []

    @property
    def config(self) -> Config:
        return self.loaded.config

    def _where(self, *location: str | int) -> Where:
        return place_of(self.loaded, location, str(self.file))

    def _say(self, code: str, *location: str | int, **words: str) -> None:
        self.issues.append(issue(code, self._where(*location), found=None, **words))

    def plan(self) -> Plan | None:
        folder = self.file.parent
        site: Site = site_of(self.loaded, folder)
        destinations = {name: made for name in self.config.destinations if (made := self._destination(name, folder))}
        channels = {name: self._channel(name, folder) for name in self.config.channels}
        rules = tuple(self._rules())
        http = self._http(folder)
        if self.loaded.whole:
            self._unreached(destinations, rules)
        if has_errors(self.issues):
            return None
        work = self.config.work
        return Plan(
            site=site,
            channels=channels,
            destinations=destinations,
            rules=rules,
            http=http,
            store=_beside(self.config.store.url, folder),
            keep=self.config.store.keep,
            workers=work.processes or _cores(),
            time_limit=work.time_limit,
            memory_limit=work.memory_limit,
            folder=folder,
        )

    def _channel(self, name: str, folder: Path) -> Channel:
        one: Any = self.config.channels[name]
        at: Location = ("channels", name)
        if formats.named(one.format) is None:
            self._say("CFG-0101", *at, "format", what="format", near=_near(one.format, formats.names()))
        if one.answers_to is not None and one.answers_to not in self._names():
            self._say("CFG-0101", *at, "answers_to", what="destination", near=_near(one.answers_to, self._names()))
        try:
            datasets.told(one.dates, one.encoding)
        except Misuse as misuse:
            self._say("CFG-0104", *at, "encoding", problem=str(misuse))
        self._profiles(one.accept, *at, "accept")
        self._profiles(one.emit, *at, "emit")
        transport = TRANSPORTS.get(one.transport)
        return Channel(
            name=name,
            transport=one.transport,
            listen=None if transport is None else self._made(transport.settings, one.listen, folder, *at, "listen"),
            format=one.format,
            acknowledge=one.acknowledge,
            reject_when_store_fails=one.when_store_fails == "reject",
            accept=tuple(one.accept),
            emit=tuple(one.emit),
            map=one.map,
            processing_ids=tuple(one.processing_ids),
            max_size=one.max_size,
            dates=one.dates or "",
            encoding=one.encoding or "",
            answers_to=one.answers_to,
        )

    def _destination(self, name: str, folder: Path) -> Destination | None:
        one: Any = self.config.destinations[name]
        at: Location = ("destinations", name)
        wanted = self._target(one.as_, *at, "as")
        kind = DESTINATIONS[one.type]
        settings = self._made(kind.settings, one.to, folder, *at, "to")
        if wanted is None:
            return None
        if kind.formats and wanted.format not in kind.formats:
            self._say("CFG-0103", *at, "as", type=one.type, formats=", ".join(kind.formats), format=wanted.format)
        profiles = _PROFILES.get(wanted.label, ()) if one.profile is None else tuple(one.profile)
        self._profiles(profiles, *at, "profile")
        return Destination(
            name=name,
            type=one.type,
            to=settings,
            as_=wanted,
            wanted=one.as_,
            profiles=profiles,
            on_gap=one.on_gap,
            audience=one.audience,
            cleared=frozenset(one.cleared),
            order=one.order,
            concurrency=one.concurrency,
            lifetime=one.lifetime,
            timeout=one.timeout,
            retry=Retry(first=one.retry.first, factor=one.retry.factor, most=one.retry.most),
        )

    def _target(self, text: str, *at: str | int) -> Target | None:
        try:
            return target(None, text) if text not in ("fhir", "hl7v2") else target(text)
        except Misuse as misuse:
            self._say("CFG-0102", *at, problem=str(misuse))
            return None

    def _made(self, settings: type[Any], section: Any, folder: Path, *at: str | int) -> Any:
        """The adapter's settings; relative paths in them are relative to the file."""
        try:
            return _placed(make(settings, section), folder)
        except ValueError as error:
            self._say("CFG-0104", *at, problem=str(error))
            return None

    def _profiles(self, names: Any, *at: str | int) -> None:
        from conformance.profile import ids
        from conformance.profile import load as load_profile

        for number, name in enumerate(names):
            if "://" not in name and load_profile(name).value is None:
                self._say("CFG-0101", *at, number, what="profile", near=_near(name, ids()))

    def _rules(self) -> Iterator[Rule]:
        seen: set[str] = set()
        for section in ("holds", "routes"):
            for number, rule in enumerate(getattr(self.config, section)):
                if rule.name in seen:
                    self._say("CFG-0105", section, number, "name", name=rule.name)
                seen.add(rule.name)
                if (wrong := problem(rule.when)) is not None:
                    self._say("CFG-0106", section, number, "when", problem=wrong)
                for place, name in enumerate(rule.to):
                    if name not in self._names():
                        self._say(
                            "CFG-0101",
                            section,
                            number,
                            "to",
                            place,
                            what="destination",
                            near=_near(name, self._names()),
                        )
                yield Rule(
                    name=rule.name, when=rule.when, to=tuple(rule.to), stop=tuple(rule.stop), hold=tuple(rule.hold)
                )

    def _unreached(self, destinations: dict[str, Destination], rules: tuple[Rule, ...]) -> None:
        """Rules that can't have an effect, and destinations that nothing leads to."""
        answers = {one.answers_to for one in self.config.channels.values()}
        reached = {name for rule in rules for name in rule.to} | answers
        for name in destinations:
            if name not in reached:
                self._say("CFG-0108", "destinations", name, name=name)
        always = {audience for rule in rules if not rule.when for audience in rule.stop}
        for number, rule in enumerate(self.config.routes):
            audiences = {destinations[name].audience for name in rule.to if name in destinations}
            if not rule.to and not rule.stop and not rule.hold:
                self._say("CFG-0107", "routes", number, name=rule.name, why="it says neither to, stop nor hold")
            elif audiences and audiences <= always:
                self._say("CFG-0107", "routes", number, name=rule.name, why="another row always stops those it names")

    def _http(self, folder: Path) -> Http | None:
        if self.config.http is None:
            return None
        self._known_channels(self.config.http)
        try:
            return self._listening(self.config.http, folder)
        except ValueError as error:
            self._say("CFG-0104", "http", "host", problem=str(error))
            return None

    def _known_channels(self, http: Any) -> None:
        """The channels that `http` names are there."""
        places: list[tuple[Location, str]] = [
            (("keys", name, "channels", number), one)
            for name, key in http.keys.items()
            for number, one in enumerate(key.channels)
        ]
        if http.process_message is not None:
            places.append((("process_message",), http.process_message))
        known = self._written("channels")
        for at, one in places:
            if one not in known:
                self._say("CFG-0101", "http", *at, what="channel", near=_near(one, known))

    def _listening(self, http: Any, folder: Path) -> Http:
        from adapters.tls import Tls

        keys = tuple(
            ApiKey(
                name=name,
                hash=one.hash or hash_of(one.key.get_secret_value()),
                may=tuple(one.may),
                channels=tuple(one.channels),
            )
            for name, one in http.keys.items()
        )
        return Http(
            host=http.host,
            port=http.port,
            tls=None if http.tls is None else _placed(make(Tls, http.tls), folder),
            insecure_bind=True,  # judged for all listeners alike when the gateway starts
            keys=keys,
            process_message=http.process_message,
            max_body=http.max_body,
        )

    def _names(self) -> tuple[str, ...]:
        return self._written("destinations")

    def _written(self, section: str) -> tuple[str, ...]:
        """The names in a section, those of entries with errors too."""
        written = self.loaded.tree.get(section) if isinstance(self.loaded.tree, dict) else None
        return tuple(map(str, written)) if isinstance(written, dict) else ()


def _placed(value: Any, folder: Path) -> Any:
    """The same settings with relative paths below the file's folder."""
    from dataclasses import fields, is_dataclass, replace

    if isinstance(value, Path):
        return folder / value
    if is_dataclass(value) and not isinstance(value, type):
        changed = {one.name: _placed(getattr(value, one.name), folder) for one in fields(value)}
        return replace(value, **changed)
    return value


def _beside(url: str, folder: Path) -> str:
    """`sqlite:///gateway.db` is beside the file."""
    prefix = "sqlite:///"
    return f"{prefix}{folder.resolve() / url.removeprefix(prefix)}" if url.startswith(prefix) else url


def _cores() -> int:
    return min(len(os.sched_getaffinity(0)), 4)


def _near(word: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}" if known else ""
