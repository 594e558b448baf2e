"""The compiled renderer: a scene's flat records in, a picture and its disparity out. The only place with numba."""
