"""`python bench/memory.py [COUNT]`: is memory flat over many messages?

Different full ADTs (`adt_messages.py`), with ever new doctors and facilities, so that what is remembered would grow if
it weren't bounded: read, converted, written as JSON and dropped, every hundredth with issues and ledger. Prints the
resident memory on the way, and ends with status 1 when it grows by more than a tenth after the first ten thousand.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from adapters.formats.fhir import FORMAT as FHIR
from adapters.formats.fhir.syntax import SYNTAX as FHIR_SYNTAX
from adapters.formats.hl7v2 import FORMAT as HL7V2
from adapters.formats.hl7v2.syntax import SYNTAX as V2_SYNTAX
from bench.adt_messages import messages
from mappings.catalog import Catalog

COUNT = 100_000
WARM = 10_000
GROWTH = 1.1


def resident() -> float:
    """MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main(count: int) -> int:
    syntaxes = {"v2": V2_SYNTAX, "fhir": FHIR_SYNTAX}
    converter = Catalog().converter("adt-a01", "v2", "fhir", syntaxes.__getitem__)
    assert converter is not None
    started, warm = time.process_time(), 0.0
    for number, raw in enumerate(messages(count), 1):
        own = raw.replace(b"EPIC", b"EPIC%d" % (number % 500)).replace(b"^NPI", b"^NPI%d" % (number % 50_000))
        document = HL7V2.parse(own).value
        assert document is not None
        made = converter(document)
        assert made.document is not None
        FHIR.render(made.document)
        if number % 100 == 0:
            made.ledger.counts()
            assert made.issues is not None
        if number in (1_000, WARM) or number % (count // 4) == 0:
            now = resident()
            warm = now if number == WARM else warm
            seconds = time.process_time() - started
            print(f"{number:>8} messages  {now:7.1f} MiB  {number / seconds:7.0f} messages/s", flush=True)
    return int(bool(warm) and resident() > warm * GROWTH)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT))
