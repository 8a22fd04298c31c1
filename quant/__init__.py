"""From a trained torch network and a budget to an integer network; this import needs no torch."""
