"""How long work tells of its state."""

from collections.abc import Callable

# Called with (label, done, total); it may raise to stop the work.
Progress = Callable[[str, int, int], None]
