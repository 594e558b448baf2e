"""How fast networks run here: each contestant in a process of its own, in turns, compared round by round."""
