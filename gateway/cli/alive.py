"""`sdoh-gateway alive`: for a container's health check."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.cli.options import misuse_is_status_2
from gateway.cli.stores import config_option, planned
from gateway.plan import Plan


@click.command("alive")
@config_option
@misuse_is_status_2
def command(path: Path) -> None:
    """Ask the gateway that runs by these settings whether it lives (GET /livez, or its local socket where it has no
    HTTP). Status 0 when it does, else 1.

    \b
    Example:
      sdoh-gateway alive --config gateway.yaml
    """
    from adapters.http import Client, HttpError
    from adapters.tls import pinned_context

    plan = planned(path)
    http = plan.http
    if http is None:
        _by_the_socket(plan)
        return
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


def _by_the_socket(plan: Plan) -> None:
    from gateway.control import OrderFailedError, order
    from gateway.store import file_of
    from gateway.store.lock import control_of

    store = file_of(plan.store)
    control = None if store is None else control_of(store)
    try:
        answered = control is not None and order(control, "alive")
    except OrderFailedError:
        answered = False
    click.echo("it answers on its local socket" if answered else "nothing answers on its local socket")
    if not answered:
        raise SystemExit(1)
