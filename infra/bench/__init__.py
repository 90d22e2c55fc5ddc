"""Benchmarks: each starts what it needs and prints ours beside the limit, measured in the same run."""
