"""The report: one self-contained HTML page, and the charts in it."""
