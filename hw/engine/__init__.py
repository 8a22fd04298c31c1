"""The layer engine: runs whole integer networks from on-chip memories, around one matrix unit."""
