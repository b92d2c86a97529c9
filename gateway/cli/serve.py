"""`sdoh-gateway serve`."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.cli import report
from gateway.cli.options import misuse_is_status_2
from gateway.targets import Misuse


@click.command("serve")
@click.option(
    "--config",
    "path",
    type=click.Path(exists=True, path_type=Path),
    required=True,
    metavar="FILE",
    help="The gateway's settings, or the folder that holds gateway.yaml.",
)
@click.option("--insecure-bind", is_flag=True, help="Listen beyond loopback without TLS.")
@click.option("--log", type=click.Choice(["debug", "info", "warning", "error"]), default="info", show_default=True)
@misuse_is_status_2
def command(path: Path, insecure_bind: bool, log: str) -> None:
    """Run the gateway until it is told to stop.

    SIGTERM or SIGINT: take nothing more, answer what was taken, finish what is being sent, end with status 0.
    SIGHUP: read the settings again; any error in them keeps the old ones.

    \b
    Example:
      sdoh-gateway serve --config gateway.yaml
    """
    from gateway import logs
    from gateway.config.plan import plan
    from gateway.run import run
    from gateway.server import InsecureBindError, Options
    from gateway.store import SchemaError, StoreLockedError

    read = plan(path)
    report.say(one for one in read.issues if one.severity != "information")
    if read.value is None:
        raise Misuse("the settings have errors; see above")
    if not read.value.channels and read.value.http is None:
        raise Misuse("the settings have neither channels nor http: nothing could come in")
    logs.start(log)
    try:
        run(read.value, path, Options(insecure_bind=insecure_bind))
    except (InsecureBindError, SchemaError, StoreLockedError) as refused:
        raise Misuse(str(refused)) from None
    except OSError as error:
        named = [*getattr(error, "__notes__", ()), str(error.filename or "")]
        raise Misuse(
            f"can't begin: {': '.join(filter(None, (*named, error.strerror or type(error).__name__)))}"
        ) from None
