"""A local stand-in for Stripe's API, which the unmodified stripe SDK talks to.

Why it exists and what it does differently from Stripe: infra/decisions/0006-stripe-sandbox.md.
"""

from adapters.payments.sandbox.app import create_sandbox
from adapters.payments.sandbox.settings import Account, FeeSchedule, SandboxSettings

__all__ = ["Account", "FeeSchedule", "SandboxSettings", "create_sandbox"]
