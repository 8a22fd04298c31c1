"""Energy of mapped netlists: gate-level simulation with the library's own delays and energies."""
