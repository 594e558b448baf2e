"""Files of depth maps: one format a module, pure functions; ``formats`` is the one table of them."""
