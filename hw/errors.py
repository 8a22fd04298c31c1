"""Errors of the hardware room."""


class ConfigError(ValueError):
    """A configuration value is outside what the hardware supports; the message names the field."""
