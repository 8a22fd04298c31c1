"""Dot-product datapaths: one file per micro-architecture, one row in `registry.DATAPATHS` each."""
