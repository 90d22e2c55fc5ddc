"""Counters and gauges for Prometheus, over all processes of a machine."""
