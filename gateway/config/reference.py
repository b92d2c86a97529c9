"""The reference page of settings, `docs/settings.md`, made from the types."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

_HEAD = """\
# Settings

`gateway.yaml`, the settings of a site. This page is made from the types in `gateway/config/`;
`sdoh-gateway config schema` gives the same as JSON Schema, for editors.

Every mistake is reported at once, with line and column. Scalars stay as they are written until they are typed: `01` and
`2015-08-01` are texts. `${env:NAME}` and `${file:PATH}` stand for an environment variable and for the content of a
file; `config show` prints them as written and other secrets as `***`.
"""


def settings_page() -> str:
    """Markdown: the top level, then each section, once, in the order in which it is met."""
    from gateway.config.file import Config

    schema = Config.model_json_schema()
    sections = dict.fromkeys(_met(schema, schema["$defs"]))
    lines = [_HEAD, *_table(schema)]
    for name in sections:
        section = schema["$defs"][name]
        words = [section["description"], ""] if "description" in section else []
        lines += ["", f"## {_title(name)}", "", *words, *_table(section)]
    return "\n".join(lines) + "\n"


def _met(node: Any, definitions: Schema) -> Iterator[str]:
    """Sections with settings of their own, in reading order."""
    seen: set[str] = set()
    waiting = [node.get("properties", {})]
    while waiting:
        for name in _references(waiting.pop(0)):
            if name not in seen:
                seen.add(name)
                if "properties" in definitions[name]:
                    yield name
                waiting.append(definitions[name].get("properties", definitions[name]))


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield str(node["$ref"]).rpartition("/")[2]
        for key, value in node.items():
            if key != "discriminator":
                yield from _references(value)
    elif isinstance(node, list):
        for item in node:
            yield from _references(item)


def _table(section: Schema) -> Iterator[str]:
    yield "| setting | kind | default | what |"
    yield "|---|---|---|---|"
    required = section.get("required", ())
    for name, one in section.get("properties", {}).items():
        default = "needed" if name in required else _default(one)
        yield f"| `{name}` | {_kind(one)} | {default} | {_cell(one.get('description', ''))} |"


def _kind(one: Schema) -> str:
    """What may stand there, in words."""
    if "$ref" in one:
        return _link(one["$ref"])
    for key in ("anyOf", "oneOf", "allOf"):
        if key in one:
            return " or ".join(dict.fromkeys(_kind(each) for each in one[key] if each.get("type") != "null"))
    if "enum" in one or "const" in one:
        return " \\| ".join(f"`{word}`" for word in one.get("enum", [one.get("const")]))
    if one.get("type") == "array":
        return f"list of {_kind(one.get('items', {}))}"
    if one.get("type") == "object":
        inner = [one.get("additionalProperties"), *one.get("patternProperties", {}).values()]
        return f"name to {_kind(next((each for each in inner if isinstance(each, dict)), {}))}"
    words = {"string": "text", "integer": "number", "number": "number", "boolean": "true or false"}
    return "secret" if one.get("format") == "password" else words.get(str(one.get("type")), "any")


def _link(reference: str) -> str:
    title = _title(reference.rpartition("/")[2])
    return f"[{title}](#{title.lower().replace(' ', '-')})"


def _title(name: str) -> str:
    """`SenderSection` as `Sender`, `ChannelSection_mllp` as `Channel mllp`; of a full name, `transports mllp`."""
    module, _, _ = name.rpartition("__")
    words = module.split("__")[-2:] if module else name.replace("Section", "").replace("Settings", "").split("_")
    return " ".join(word for word in words if word)


def _default(one: Schema) -> str:
    value = one.get("default")
    if (
        value in (None, "", [], {})
        or isinstance(value, dict)
        or (isinstance(value, list) and isinstance(value[0], dict))
    ):
        return ""
    return f"`{_cell(json.dumps(value))}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
