"""The comparison of arrays behind docs/synth.md: what is run, its figures, page and pictures."""
