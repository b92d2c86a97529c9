"""Times and sizes as people write them: `30s`, `15m`, `72h`, `3d`; `16MB`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_BYTES = {"B": 1, "kB": 1 << 10, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}


def _scaled(units: dict[str, float], example: str) -> BeforeValidator:
    def scale(value: object) -> object:
        text = str(value).strip()
        number = text.rstrip("".join(units))
        unit = text[len(number) :]
        try:
            return float(number) * units[unit] if unit else float(number)
        except (ValueError, KeyError):
            raise ValueError(f"not a number with one of the units {', '.join(units)}, such as {example}") from None

    return BeforeValidator(scale, json_schema_input_type=str | float)


Duration = Annotated[float, _scaled(dict(_SECONDS), "30s"), Field(allow_inf_nan=False)]
Seconds = Annotated[Duration, Field(ge=0)]
Bytes = Annotated[int, BeforeValidator(lambda value: round(float(value))), _scaled(dict(_BYTES), "16MB"), Field(gt=0)]
