"""Things that scenes are set out with, a family a module.

Each function builds one thing about the origin of the builder's frame, standing on z = 0, its proportions and materials
drawn anew. Measures are in metres; w, h and r are a half side, a height and a radius, unless said otherwise.
"""
