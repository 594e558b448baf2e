"""Random numbers that belong to points of a lattice, and the natural, about 1/f, noise made of them."""

import math

import numpy as np

from nearfar.lab.scenes.kernels import kernel

# Odd numbers near 2^32 / phi^k spread neighbouring lattice points over all 32 bits.
_X, _Y, _Z, _SEED = np.uint32(0x9E3779B1), np.uint32(0x85EBCA77), np.uint32(0xC2B2AE3D), np.uint32(0x27D4EB2F)
_ONE = np.uint64(1)
_LAST = 1023
"""The lattice of the noise repeats after 1024 points: farther apart than any picture shows."""
_TABLE = np.random.Generator(np.random.PCG64(1))
# Three times over: sums of a place and two coordinates stay inside.
_PLACES = np.tile(_TABLE.permutation(_LAST + 1), 3).astype(np.uint16)
_VALUES = np.tile(_TABLE.random(_LAST + 1), 3)

_GAIN = 0.62
_LACUNARITY = 2.03  # not 2: the lattices of the octaves must not fall on each other


@kernel
def scramble(key: np.uint32) -> float:
    """Return a number in [0, 1) that depends on all bits of a 32-bit key.

    Source: the mixer "lowbias32" of Chris Wellons, github.com/skeeto/hash-prospector (Unlicense).
    """
    h = np.uint32(key)
    h = np.uint32(h ^ (h >> np.uint32(16)))
    h = np.uint32(h * np.uint32(0x7FEB352D))
    h = np.uint32(h ^ (h >> np.uint32(15)))
    h = np.uint32(h * np.uint32(0x846CA68B))
    h = np.uint32(h ^ (h >> np.uint32(16)))
    return float(h) * 2.3283064365386963e-10  # 2^-32


@kernel
def lattice(x: int, y: int, z: int, seed: int) -> float:
    """Return the number in [0, 1) of a lattice point."""
    key = np.uint32(np.uint32(x) * _X) ^ np.uint32(np.uint32(y) * _Y) ^ np.uint32(np.uint32(z) * _Z)
    return scramble(np.uint32(key ^ np.uint32(np.uint32(seed) * _SEED)))


@kernel
def smooth(t: float) -> float:
    """Return the cubic 3t^2 - 2t^3."""
    return t * t * (3.0 - 2.0 * t)


@kernel
def row_of(column: float, seed: int) -> np.uint64:
    """Return where a lattice column starts in the table; the seed moves it."""
    return np.uint64(_PLACES[np.uint64((np.int64(column) + np.int64(seed) * 40503) & _LAST)])


@kernel
def noise_2d(x: float, y: float, seed: int) -> float:
    """Return value noise in [0, 1]: the numbers of the four lattice points around, blended by cubics.

    Source: value noise as in Ebert et al., "Texturing and Modeling: A Procedural Approach", chapter 2; the lattice is
    hashed by a permutation as in Perlin, "An image synthesizer", SIGGRAPH 1985: half the time of arithmetic hashing.
    """
    floor_x, floor_y = math.floor(x), math.floor(y)
    tx, ty = smooth(x - floor_x), smooth(y - floor_y)
    row = np.uint64(np.int64(floor_y) & _LAST)
    a, b = row_of(floor_x, seed) + row, row_of(floor_x + 1.0, seed) + row
    left = _VALUES[a] + (_VALUES[a + _ONE] - _VALUES[a]) * ty
    right = _VALUES[b] + (_VALUES[b + _ONE] - _VALUES[b]) * ty
    return float(left + (right - left) * tx)


@kernel
def slope_3d(x: float, y: float, z: float, seed: int) -> tuple[float, float, float, float]:
    """Return value noise in [0, 1] from the eight lattice points around, and its three derivatives."""
    floor_x, floor_y, floor_z = math.floor(x), math.floor(y), math.floor(z)
    fx, fy, fz = x - floor_x, y - floor_y, z - floor_z
    tx, ty, tz = smooth(fx), smooth(fy), smooth(fz)
    row, level = np.uint64(np.int64(floor_y) & _LAST), np.uint64(np.int64(floor_z) & _LAST)
    left, right = row_of(floor_x, seed) + row, row_of(floor_x + 1.0, seed) + row
    a, b = np.uint64(_PLACES[left]) + level, np.uint64(_PLACES[left + _ONE]) + level
    c, d = np.uint64(_PLACES[right]) + level, np.uint64(_PLACES[right + _ONE]) + level
    za, zb, zc, zd = (
        _VALUES[a + _ONE] - _VALUES[a],
        _VALUES[b + _ONE] - _VALUES[b],
        _VALUES[c + _ONE] - _VALUES[c],
        _VALUES[d + _ONE] - _VALUES[d],
    )
    va, vb, vc, vd = _VALUES[a] + za * tz, _VALUES[b] + zb * tz, _VALUES[c] + zc * tz, _VALUES[d] + zd * tz
    low, high = va + (vb - va) * ty, vc + (vd - vc) * ty
    slope_y = (vb - va) + ((vd - vc) - (vb - va)) * tx
    slope_z = (za + (zb - za) * ty) * (1.0 - tx) + (zc + (zd - zc) * ty) * tx
    return (
        low + (high - low) * tx,
        (high - low) * 6.0 * fx * (1.0 - fx),
        slope_y * 6.0 * fy * (1.0 - fy),
        slope_z * 6.0 * fz * (1.0 - fz),
    )


@kernel
def noise_3d(x: float, y: float, z: float, seed: int) -> float:
    """Return value noise in [0, 1] from the eight lattice points around."""
    return slope_3d(x, y, z, seed)[0]


@kernel
def octave_share(footprint: float, frequency: float) -> float:
    """Return how much of an octave is kept: all when coarse, nothing when a pixel's footprint spans its lattice."""
    return min(1.0, 2.0 - 3.0 * footprint * frequency)


@kernel
def fractal_2d(x: float, y: float, seed: int, footprint: float, octaves: int) -> float:
    """Return about 1/f noise in [0, 1]; octaves too fine for the footprint of a pixel are left out (no aliasing)."""
    total, amplitude, frequency = 0.5, 0.5, 1.0
    for octave in range(octaves):
        share = octave_share(footprint, frequency)
        if share <= 0.0:
            break
        total += share * amplitude * (noise_2d(x * frequency, y * frequency, seed + octave) - 0.5)
        amplitude *= _GAIN
        frequency *= _LACUNARITY
    return min(1.0, max(0.0, total))


@kernel
def fractal_3d(x: float, y: float, z: float, seed: int, footprint: float, octaves: int) -> float:
    """Return about 1/f noise in [0, 1] in space; see fractal_2d."""
    total, amplitude, frequency = 0.5, 0.5, 1.0
    for octave in range(octaves):
        share = octave_share(footprint, frequency)
        if share <= 0.0:
            break
        total += share * amplitude * (noise_3d(x * frequency, y * frequency, z * frequency, seed + octave) - 0.5)
        amplitude *= _GAIN
        frequency *= _LACUNARITY
    return min(1.0, max(0.0, total))
