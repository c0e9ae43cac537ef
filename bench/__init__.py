"""Measured promises: each file prints our figure beside a peer's from the same run. `python -m bench.NAME`."""
