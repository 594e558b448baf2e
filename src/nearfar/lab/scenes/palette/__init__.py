"""Materials by name, each drawn anew: colours that occur, what grows, what is made."""
