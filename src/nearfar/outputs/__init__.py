"""What a depth map becomes: one format a module, pure functions; ``writers`` is the one table of them."""
