"""The shift-add accelerator: Amaranth components and their configuration dataclasses."""
