"""The version, in a module that imports nothing: what a file says of its maker must not load what makes it."""

__version__ = "0.1.0"
