"""The workshop where nearfar-open is made: scenes, training, and their verbs. Nothing outside imports it."""
