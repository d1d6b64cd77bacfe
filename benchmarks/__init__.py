"""Benchmarks: how long things take, measured with what they show checked first."""
