"""Photographs of any kind as upright sRGB: ``reader`` is the way in, with one decoder a module beside it."""
