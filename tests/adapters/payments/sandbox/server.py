"""The sandbox as a process of its own, to be killed: python -m tests.adapters.payments.sandbox.server FOLDER FD WEBHOOK"""

import sys
from pathlib import Path

import uvicorn

from adapters.payments.sandbox import SandboxSettings, create_sandbox
from infra.clock import now
from infra.ids import new_id
from tests.adapters.payments.sandbox.running import account

if __name__ == "__main__":
    folder, listening, webhook = sys.argv[1:]
    settings = SandboxSettings(Path(folder), (account("city", webhook),), now, new_id, first_retry_seconds=0.02)
    uvicorn.run(create_sandbox(settings), fd=int(listening), ws="none", log_level="critical")
