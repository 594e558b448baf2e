"""What a surface is made of."""

from typing import NamedTuple

from nearfar.lab.scenes import textures
from nearfar.lab.scenes.kernels import Triple

# Columns of a material as the kernels read it, in the order of Material with the colours spelt out.
COLOR, SECOND, TEXTURE, PERIOD, PARAM, SHINE, GLOSS, BUMP, GLOW, MIRROR, STAIN, THROUGH, TURNED, SEED = (
    0, 3, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17,
)  # fmt: skip
WIDTH = 18


class Material(NamedTuple):
    """A surface; a tuple because a scene makes a hundred of them in a millisecond.

    Attributes:
        color: Linear RGB.
        second: The colour that the texture mixes in, linear RGB; None: a darker shade of the first.
        texture: A kind of nearfar.lab.scenes.textures.
        period: Of the texture [m].
        param: What the texture makes of it, 0..1; None: drawn.
        shine: Strength of the highlight.
        gloss: Exponent of the highlight.
        bump: How rough the normals are.
        glow: Light that it gives off, in units of its colour.
        mirror: Share of light that it mirrors, seen straight on.
        stain: Strength of stains, from large ones down to the finest grain that is seen; None: drawn.
        through: Share of light that shines through, as in leaves.
        turned: Whether the texture is turned by a quarter.
    """

    color: Triple
    second: Triple | None = None
    texture: int = textures.PLAIN
    period: float = 0.3
    param: float | None = None
    shine: float = 0.0
    gloss: float = 20.0
    bump: float = 0.0
    glow: float = 0.0
    mirror: float = 0.0
    stain: float | None = None
    through: float = 0.0
    turned: bool = False
