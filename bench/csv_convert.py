"""How many rows of tables become FHIR in a second, on one core: a roster of 20 columns, and wide screenings.

    python bench/csv_convert.py [--rows N]

CPU time of this process, the best of three runs, ledger on; reading and checking are measured apart.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable
from typing import Any

from adapters.formats.tabular import parse
from gateway.config import Site
from gateway.conversion import convert
from gateway.targets import target

_NEVER_TRUE = "Never true"


def roster(count: int) -> bytes:
    text = io.StringIO()
    text.write(
        "MemberID,SubscriberID,MedicaidID,LastName,FirstName,MI,BirthDate,Sex,Relationship,Address,City,State,Zip,"
    )
    text.write("HomePhone,Language,Medicare,Medicaid,OptOut,Effective Date,Plan\n")
    for number in range(count):
        text.write(
            f"M{number:06},S{number // 3},LM{number % 100000:05}N,Family{number},Given{number},R,"
            f"19{50 + number % 50}-03-19,F,"
        )
        text.write(
            f"Child,{number} Fern Hollow,Utica,NY,13501,315-555-{number % 10000:04},English,0,1,N,2026-01-01,Plan A\n"
        )
    return text.getvalue().encode()


def screenings(count: int) -> bytes:
    text = io.StringIO()
    text.write("client_no,last_name,first_name,dob,screen_date,consented,q1_housing,q2_problems,q3_food_worried,")
    text.write(
        "q4_food_didnt_last,q5_transportation,q6_utilities,q7_hurt,q8_insult,q9_threaten,q10_scream,hits_total\n"
    )
    for number in range(count):
        text.write(
            f"C-{number},Family{number},Given{number},1972-07-{number % 28 + 1:02},2026-04-{number % 28 + 1:02},Y,"
        )
        text.write(
            f"I do not have a steady place to live,None of the above,Sometimes true,{_NEVER_TRUE},Yes,No,1,1,1,1,4\n"
        )
    return text.getvalue().encode()


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of the best of three, and what came of it."""
    best, made = float("inf"), None
    for _ in range(3):
        start = time.process_time()
        made = work()
        best = min(best, time.process_time() - start)
    return best, made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000)
    count = parser.parse_args().rows
    site = Site(default_zone="America/New_York")
    for name, made in (("roster, 20 columns", roster), ("screenings, 17 columns", screenings)):
        raw = made(count)
        reading, read = timed(lambda raw=raw: parse(raw).value)  # type: ignore[misc]
        convert(read, target("fhir"), site)  # the map is compiled once
        mapping, became = timed(lambda read=read: convert(read, target("fhir"), site))  # type: ignore[misc]
        entries = len(became.document.root["entry"])
        print(f"{name}: read {count / reading:,.0f} rows/s, converted {count / mapping:,.0f} rows/s", end=" ")
        print(f"({entries / count:.1f} resources a row, {entries / mapping:,.0f} resources/s)")


if __name__ == "__main__":
    main()
