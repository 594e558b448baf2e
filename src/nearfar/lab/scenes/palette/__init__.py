"""Materials by name, each drawn anew: common colours, natural surfaces, man-made ones."""
