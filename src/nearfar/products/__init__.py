"""What is made of a map and its photograph: masks, points, surfaces, normals, stereo pairs."""
