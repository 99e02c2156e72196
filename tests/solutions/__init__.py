"""Tests of what stands in solutions/."""
