"""`python -m gateway`: the same as `sdoh-gateway`."""

from __future__ import annotations

from gateway.cli import main

main(prog_name="sdoh-gateway")
