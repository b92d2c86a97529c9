"""`python -m gateway.cli`: the same as `sdoh-gateway`."""

from gateway.cli import main

main()
