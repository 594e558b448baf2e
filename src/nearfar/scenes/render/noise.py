"""Noise without tables: random numbers of lattice points, blended."""

import math

import numpy as np

from nearfar.scenes.render.kernel import kernel


@kernel
def hash_unit(x: int, y: int, z: int, seed: int) -> float:
    """Return a number in [0, 1) that depends on all bits of four integers.

    Source: the first three factors are those of Ericson, "Real-Time Collision Detection" (2005), section 7.1.3, the
    fourth is 2^32 over the golden ratio (Knuth, "The Art of Computer Programming" 3, section 6.4); the finaliser is
    fmix32 of MurmurHash3 (Appleby, public domain).
    """
    h = np.uint32(x) * np.uint32(0x8DA6B343) ^ np.uint32(y) * np.uint32(0xD8163841)
    h ^= np.uint32(z) * np.uint32(0xCB1AB31F) ^ np.uint32(seed) * np.uint32(0x9E3779B1)
    h = np.uint32(h)
    h ^= h >> np.uint32(16)
    h = np.uint32(h * np.uint32(0x85EBCA6B))
    h ^= h >> np.uint32(13)
    h = np.uint32(h * np.uint32(0xC2B2AE35))
    h ^= h >> np.uint32(16)
    return float(h) * 2.0**-32


@kernel
def value_noise(x: float, y: float, z: float, seed: int) -> float:
    """Return noise in [0, 1] at a point: random values at the lattice points, blended by the cubic 3t² - 2t³.

    Source: the lattice noise of Perlin, "An image synthesizer", SIGGRAPH 1985, with values in place of gradients.
    """
    ix, iy, iz = math.floor(x), math.floor(y), math.floor(z)
    tx, ty, tz = x - ix, y - iy, z - iz
    tx, ty, tz = tx * tx * (3.0 - 2.0 * tx), ty * ty * (3.0 - 2.0 * ty), tz * tz * (3.0 - 2.0 * tz)
    a = hash_unit(ix, iy, iz, seed)
    b = hash_unit(ix + 1, iy, iz, seed)
    c = hash_unit(ix, iy + 1, iz, seed)
    d = hash_unit(ix + 1, iy + 1, iz, seed)
    low = (a + (b - a) * tx) * (1.0 - ty) + (c + (d - c) * tx) * ty
    a = hash_unit(ix, iy, iz + 1, seed)
    b = hash_unit(ix + 1, iy, iz + 1, seed)
    c = hash_unit(ix, iy + 1, iz + 1, seed)
    d = hash_unit(ix + 1, iy + 1, iz + 1, seed)
    high = (a + (b - a) * tx) * (1.0 - ty) + (c + (d - c) * tx) * ty
    return low + (high - low) * tz


@kernel
def fractal_noise(x: float, y: float, z: float, seed: int, footprint: float, octaves: int) -> float:
    """Return about 1/f noise in [0, 1], without the octaves that a pixel of the given footprint would alias.

    Source: the sum of octaves is Perlin's (SIGGRAPH 1985); fading them out is "clamping" of Norton, Rockwood and
    Skolmoski, SIGGRAPH 1982.
    """
    total, amplitude, frequency = 0.5, 0.5, 1.0
    for octave in range(octaves):
        keep = 2.0 - 2.0 * footprint * frequency * 1.5
        if keep <= 0.0:
            break
        keep = min(1.0, keep)
        total += keep * amplitude * (value_noise(x * frequency, y * frequency, z * frequency, seed + octave) - 0.5)
        amplitude *= 0.62
        frequency *= 2.03
    return min(1.0, max(0.0, total))
