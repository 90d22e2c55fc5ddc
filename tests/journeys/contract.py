"""The OpenAPI document as it is committed, and which of its operations a client has seen succeed."""

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import httpx

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parents[2] / "adapters" / "http" / "openapi.json").read_bytes())
METHODS = ("get", "put", "post", "patch", "delete")

OPERATIONS: dict[str, tuple[str, re.Pattern[str]]] = {
    operation["operationId"]: (method.upper(), re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)))
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
    if method in METHODS
}


class Seen:
    """Notes the statuses of each operation, as a hook of an httpx client."""

    def __init__(self) -> None:
        self.statuses: defaultdict[str, set[int]] = defaultdict(set)

    async def note(self, answer: httpx.Response) -> None:
        request = answer.request
        for operation, (method, path) in OPERATIONS.items():
            if request.method == method and path.fullmatch(request.url.path):
                self.statuses[operation].add(answer.status_code)

    @property
    def never_succeeded(self) -> set[str]:
        return {
            operation for operation in OPERATIONS if not any(200 <= status < 300 for status in self.statuses[operation])
        }
