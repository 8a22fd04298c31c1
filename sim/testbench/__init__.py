"""Testbenches that run inside the simulator, on cocotb, and the stimulus files they read."""
