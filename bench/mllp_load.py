"""A sender of MLLP frames that costs little itself: one process, epoll, no framework.

    python bench/mllp_load.py PORT CONNECTIONS SECONDS

Each connection waits for its answer before it sends the next message, and connects again where the server closed.
Prints a line of JSON: `answers`, `seconds`, `p50` and `p99` in milliseconds, `cpu` (seconds of this process).
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time

END = b"\x1c\r"


def adt(number: int, event: str = "A01", patient: int = 1) -> bytes:
    """About one kilobyte, as a hospital sends it."""
    at = "20261101080000-0500"
    lines = (
        f"MSH|^~\\&|EPIC|GENERAL|GW|HUB|{at}||ADT^{event}^ADT_{event}|M{number:010}|P|2.5.1",
        f"EVN|{event}|{at}",
        f"PID|1||{patient:08}^^^GENERAL&2.16.840.1.113883.19.4.6&ISO^MR~999-84-1207^^^USSSA^SS||Testcase^Maria^T^^Ms.^^L"
        "||19580917|F||2106-3^White^HL70005|418 Alder St^Apt 3B^Riverbend^OH^45701^USA^H||^PRN^PH^^1^740^5550148"
        "|||W|CAT|A-83174^^^ACCOUNTS^AN",
        "PD1|||FAMILY PRACTICE^^4410|1111111112^Okafor^Grace^^^Dr.^^^NPI",
        "NK1|1|Testcase^Daniel^^^^^L|CHD^Child^HL70063|29 Oak Ave^^Athens^OH^45701^USA^H|^PRN^PH^^1^740^5550199",
        f"PV1|1|I|4W^412^B^GENERAL^^N^MAIN^4|E|||1234567893^Okafor^Ada^^^Dr^^^NPI|||MED||||7|||1234567893^Okafor^Ada^^^Dr"
        f"^^^NPI|IP|V{patient:08}^^^GENERAL^VN|MCR||||||||||||||||01||||||||20261101070000-0500|20261101080000-0500",
        "PV2|||I50.9^Heart failure, unspecified^I10C",
        "AL1|1|DA^Drug Allergy^HL70127|7980^Penicillin^RXNORM|MO|Hives|20040501",
        "DG1|1||I50.9^Heart failure, unspecified^I10C||20261101080000-0500|A",
        "DG1|2||Z59.41^Food insecurity^I10C||20261101080000-0500|W",
        "",
    )
    return "\r".join(lines).encode()


class Load:
    """All connections of one run."""

    def __init__(self, port: int, connections: int) -> None:
        before, rest = adt(0, patient=1).split(b"M0000000000", 1)
        between, after = rest.split(b"00000001", 1)
        self._pieces = (b"\x0b" + before, between, after + END)
        self._port = port
        self._poll = select.epoll()
        self._sockets: dict[int, socket.socket] = {}
        self._sent_at: dict[int, float] = {}
        self._heard: dict[int, bytes] = {}
        self._count = 0
        self.took: list[float] = []
        for _ in range(connections):
            self._connect()

    def _connect(self) -> None:
        connection = socket.socket()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setblocking(False)
        connection.connect_ex(("127.0.0.1", self._port))
        self._sockets[connection.fileno()] = connection
        self._sent_at[connection.fileno()] = time.perf_counter()
        self._poll.register(connection, select.EPOLLOUT)

    def _send(self, number: int) -> None:
        before, between, after = self._pieces
        self._count += 1
        self._heard[number] = b""
        message = b"%bM%010d%b%08d%b" % (before, self._count, between, self._count % 997, after)
        self._sockets[number].send(message)  # two kilobytes at most under way: the buffer takes them whole

    def run(self, seconds: float) -> None:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            for number, event in self._poll.poll(0.1):
                if event == select.EPOLLOUT:
                    self._poll.modify(number, select.EPOLLIN)
                    self._send(number)
                else:
                    self._hear(number)

    def _hear(self, number: int) -> None:
        try:
            heard = self._sockets[number].recv(65536)
        except OSError:
            heard = b""
        if not heard:
            self._again(number)
            return
        if not heard.endswith(END):
            self._heard[number] += heard
            if not self._heard[number].endswith(END):
                return
        now = time.perf_counter()
        self.took.append(now - self._sent_at[number])
        self._sent_at[number] = now
        self._send(number)

    def _again(self, number: int) -> None:
        self._poll.unregister(number)
        self._sockets.pop(number).close()
        self._connect()


def main(port: int, connections: int, seconds: float) -> None:
    load = Load(port, connections)
    load.run(0.5)
    load.took.clear()
    began, cpu = time.perf_counter(), time.process_time()
    load.run(seconds)
    took, spent = sorted(load.took), time.process_time() - cpu
    at = {share: took[int(len(took) * share)] * 1000 if took else None for share in (0.5, 0.99)}
    seconds = time.perf_counter() - began
    print(json.dumps({"answers": len(took), "seconds": seconds, "p50": at[0.5], "p99": at[0.99], "cpu": spent}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
