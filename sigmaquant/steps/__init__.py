"""The steps of a run, one per file; each joins the rooms through their public functions."""
