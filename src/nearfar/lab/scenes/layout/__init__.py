"""How things are set out: a layout fills a builder, and returns where the camera stands and the sort of light.

Layouts are rooms and what is in them, the open air, and close-ups, about a third each. The order of depth shall not be
guessed from the height in the picture: things hang, stand before walls, are seen from below and from far above.
"""
