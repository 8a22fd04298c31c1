"""Networks that ship with their trained weights."""
