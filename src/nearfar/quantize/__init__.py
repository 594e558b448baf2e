"""Smaller files of a model: 8-bit weights and activations, behind a gate of quality."""
