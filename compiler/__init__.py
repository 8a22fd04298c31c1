"""From an integer network's layers to the words on the hardware's streams; pure functions."""
