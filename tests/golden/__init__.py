"""Stored results that must not change unnoticed."""
