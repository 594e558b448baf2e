"""The verbs of the workshop: ``nearfar scenes`` and ``nearfar train``."""
