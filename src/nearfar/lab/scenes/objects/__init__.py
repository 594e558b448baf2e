"""Things that scenes are set out with, one module a family.

Each builds about the origin of the builder's frame, standing on z = 0, its front towards -y, in metres.
"""
