"""Vectors and colours as tuples of three, for kernels."""

import math

from nearfar.lab.scenes.kernels import Triple, kernel


@kernel
def dot(a: Triple, b: Triple) -> float:
    """Return the inner product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@kernel
def plus(a: Triple, b: Triple, share: float) -> Triple:
    """Return a + share * b."""
    return a[0] + share * b[0], a[1] + share * b[1], a[2] + share * b[2]


@kernel
def unit(a: Triple) -> Triple:
    """Return the vector at length 1."""
    scale = 1.0 / math.sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2] + 1e-30)
    return a[0] * scale, a[1] * scale, a[2] * scale


@kernel
def times(a: Triple, b: Triple) -> Triple:
    """Return the product, element by element."""
    return a[0] * b[0], a[1] * b[1], a[2] * b[2]


@kernel
def blend(a: Triple, b: Triple, share: float) -> Triple:
    """Return the mix of two colours, ``share`` of it the second."""
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share
