"""What all tests share: the same hypothesis examples on every machine, without a deadline."""

from hypothesis import settings

settings.register_profile("sigmaquant", derandomize=True, deadline=None)
settings.load_profile("sigmaquant")
