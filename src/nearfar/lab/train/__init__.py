"""From rendered scenes to the weights of nearfar-open."""
