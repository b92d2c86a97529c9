"""What all tests share: the place of the development corpus, and a cache of compiled maps beside pytest's own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent.parent

os.environ.setdefault("SDOH_GATEWAY_CACHE", str(ROOT / ".pytest_cache" / "maps"))
os.environ["SDOH_GATEWAY_DATA"] = str(ROOT / ".pytest_cache" / "data")  # nothing that the person testing has added


settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.register_profile("explore", settings.get_profile("suite"), derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))
"""The suite tries the same examples every time, so that it says the same of the same code; `HYPOTHESIS_PROFILE=explore`
looks for new ones. A machine that is busy makes no test fail."""


def shared_folder() -> Path | None:
    """The development corpus: `SDOH_SHARED`, else `../shared` beside the project."""
    folder = Path(os.environ.get("SDOH_SHARED") or ROOT.parent / "shared")
    return folder if (folder / "samples").is_dir() else None


@pytest.fixture(scope="session")
def shared() -> Path:
    """The development corpus; a test that needs it is skipped, with this reason, where it isn't."""
    folder = shared_folder()
    if folder is None:
        pytest.skip("the development corpus is not beside the project (../shared, or the folder in SDOH_SHARED)")
    return folder
