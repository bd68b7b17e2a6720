"""Measuring: `make bench`. Ratios within one run count; machines are noisy."""
