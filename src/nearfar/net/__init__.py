"""The networks in PyTorch: what is trained, converted and exported here; never needed to run a model."""
