"""What is done by the clock, and how often it is looked at."""

from adapters.jobs.effects import Effects
from adapters.jobs.sweeps import Sweep

# Seconds between two looks.
PROMPT, STEADY, PATIENT, SLOW = 1.0, 5.0, 30.0, 600.0


def sweeps(effects: Effects) -> tuple[Sweep, ...]:
    return (
        Sweep("expire holds", PROMPT, effects.expire_holds),
        Sweep("close unused bookings", PATIENT, effects.close_unused),
        Sweep("lapse extensions", PROMPT, effects.lapse_extensions),
        Sweep("keep overdue uses", STEADY, effects.keep_overdue),
        Sweep("ask locks again", STEADY, effects.ask_locks_again),
        Sweep("look after plugs", STEADY, effects.look_after_plugs),
        Sweep("lapse orders", STEADY, effects.lapse_orders),
        Sweep("steer power groups", PROMPT, effects.steer_groups),
        Sweep("follow faults", STEADY, effects.follow_faults),
        Sweep("keep dates of leases", PATIENT, effects.keep_dates_of_leases),
        Sweep("settle charging sessions", PATIENT, effects.settle_sessions),
        Sweep("bill charging sessions", PATIENT, effects.bill_sessions),
        Sweep("leave what is still out", SLOW, effects.leave_again),
        Sweep("look at breakdowns again", SLOW, effects.look_at_breakdowns),
        Sweep("assign resources", STEADY, effects.assign),
        Sweep("ask who waits", PROMPT, effects.ask_who_waits),
        Sweep("ask approvers again", STEADY, effects.ask_again),
        Sweep("complete payments", STEADY, effects.complete_payments),
        Sweep("tell subscribers", PROMPT, effects.tell_subscribers),
        Sweep("send notices", PROMPT, effects.send_notices),
        Sweep("gather", PATIENT, effects.gather),
        Sweep("remind", PATIENT, effects.remind),
        Sweep("remind of fleet", PATIENT, effects.remind_of_fleet),
        Sweep("remind of logbooks", PATIENT, effects.remind_of_logbooks),
        Sweep("look at leases", PATIENT, effects.look_at_leases),
        Sweep("remind debtors of leases", SLOW, effects.remind_debtors),
        Sweep("reconcile", PATIENT, effects.reconcile_nightly),
        Sweep("take in bank statements", STEADY, effects.take_in_statements),
        Sweep("issue invoices", PATIENT, effects.issue_due),
        Sweep("roll bookings", PATIENT, effects.roll),
        Sweep("review records", SLOW, effects.review_records),
        Sweep("seal the ledger", STEADY, effects.seal_ledger),
        Sweep("run leases", PROMPT, effects.run_leases),
        Sweep("collect instalments", PROMPT, effects.collect_instalments),
        Sweep("forget", SLOW, effects.forget),
    )
