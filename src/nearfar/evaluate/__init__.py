"""How good a depth map is: data sets as they lie on disk, protocols as data, metrics, and reports of a run."""
