"""One benchmark a module: where it comes from, how it lies on disk, and what reads it. Nothing is ever downloaded."""
