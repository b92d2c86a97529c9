"""Commands that serve nothing don't pay for the web."""

from __future__ import annotations

import subprocess
import sys

import pytest

WEB = ("flask", "werkzeug", "waitress", "jinja2", "prometheus_client")


@pytest.mark.parametrize(
    "code",
    [
        "from gateway.cli import main; main(['--help'], standalone_mode=False)",
        "from gateway import convert; convert(b'MSH|^~\\\\&|A|B|C|D|2026||ADT^A01|1|P|2.5.1\\r', to='fhir')",
        "from gateway.config import site",
        "import gateway.web.settings, gateway.web.routes, gateway.web.work",
    ],
)
def test_the_web_is_not_imported(code: str) -> None:
    asked = f"import sys; {code}; print(*(name for name in {WEB!r} if name in sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stderr.split() == []
