"""How fast networks run here: each subject in a process of its own, in turns, compared round by round."""
