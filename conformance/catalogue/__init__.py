"""The one catalogue of issue codes. A code is an area and four digits: `V2-0103`.

Each area is a module of this package with a tuple `CODES`; the reference page `docs/issues.md` and the test that fires
every code are made from it. Messages are templates over *structural* words (field names, codes of our own tables,
counts): never over what the data says, which goes into `Issue.found`.
"""

from __future__ import annotations

from conformance.catalogue.code import Code, IssueType
from conformance.catalogue.registry import areas, code, codes, issue

__all__ = ["Code", "IssueType", "areas", "code", "codes", "issue"]
