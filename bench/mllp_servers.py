"""The servers that the gateway's listener is measured beside: `python bench/mllp_servers.py NAME PORT`.

None of them stores anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from typing import Any


def echo(port: int) -> None:
    """The echo server of asyncio's own documentation with MLLP's framing: reads to the end block, sends it back."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                writer.write(await reader.readuntil(b"\x1c\r"))
                await writer.drain()
        writer.close()

    async def main() -> None:
        async with await asyncio.start_server(handle, "127.0.0.1", port, limit=2 << 20) as server:
            await server.serve_forever()

    asyncio.run(main())


def bare(port: int) -> None:
    """Our own listener without anything behind it: each message goes back as it came."""
    from adapters.transports import Answer, Received
    from adapters.transports.mllp import MllpListener, MllpSettings

    def receive(received: Received, answer: Answer) -> None:
        answer(received.body)

    MllpListener(MllpSettings(port=port), receive)
    signal.pause()


def hl7(port: int) -> None:
    """The `hl7` package's asyncio listener, which parses each message and builds its ACK."""
    from hl7.mllp import start_hl7_server

    async def handle(reader: Any, writer: Any) -> None:
        try:
            while True:
                message = await reader.readmessage()
                writer.writemessage(message.create_ack())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        async with await start_hl7_server(handle, port=port, host="127.0.0.1") as server:
            await server.serve_forever()

    asyncio.run(main())


def hl7apy(port: int) -> None:
    """hl7apy's MLLPServer, which closes after each message."""
    from hl7apy.mllp import AbstractHandler, MLLPServer
    from hl7apy.parser import parse_segment

    class Ack(AbstractHandler):  # type: ignore[misc]
        def reply(self) -> str:
            header = parse_segment(self.incoming_message.split("\r")[0], version="2.5")
            control_id = header.msh_10.value
            return f"\x0bMSH|^~\\&|HUB|GW|GENERAL|EPIC|20261101||ACK|1|P|2.5.1\rMSA|AA|{control_id}\r\x1c\r"

    handlers = {f"ADT^{event}^ADT_{event}": (Ack,) for event in ("A01", "A03")}
    MLLPServer("127.0.0.1", port, handlers).serve_forever()


if __name__ == "__main__":
    {"echo": echo, "bare": bare, "hl7": hl7, "hl7apy": hl7apy}[sys.argv[1]](int(sys.argv[2]))
