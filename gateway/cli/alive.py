"""`sdoh-gateway alive`: for a container's health check."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.cli.options import misuse_is_status_2
from gateway.cli.stores import config_option, planned
from gateway.targets import Misuse


@click.command("alive")
@config_option
@misuse_is_status_2
def command(path: Path) -> None:
    """Ask the gateway that runs by these settings whether it lives (GET /livez). Status 0 when it does, else 1.

    \b
    Example:
      sdoh-gateway alive --config gateway.yaml
    """
    from adapters.http import Client, HttpError
    from adapters.tls import pinned_context

    http = planned(path).http
    if http is None:
        raise Misuse("these settings have no http section, so there is nothing to ask")
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(http.host, http.host)  # noqa: S104 - asked, not bound
    certificate = None if http.tls is None else http.tls.certificate
    client = Client(private_hosts=[host.strip("[]")], context=pinned_context(certificate) if certificate else None)
    url = f"http{'s' if http.tls else ''}://{host}:{http.port}/livez"
    try:
        status = client.get(url, {}, deadline=4.0).status
    except HttpError as error:
        click.echo(f"{url}: {type(error).__name__.removesuffix('Error').lower()} {error.reason}".rstrip())
        raise SystemExit(1) from None
    finally:
        client.close()
    click.echo(f"{url}: {status}")
    if status != 200:
        raise SystemExit(1)
