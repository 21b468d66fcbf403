"""Tests: one folder a layer, `meta` for the repository itself, `benchmarks` for measurements.

A package, so that helpers are imported as `tests.…` whatever the working environment has installed.
"""
