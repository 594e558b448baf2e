"""How good a depth map is: benchmarks as they lie on disk, protocols as data, and small metrics."""
