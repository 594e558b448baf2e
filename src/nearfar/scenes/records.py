"""The flat float64 records that pass from a scene in the making to the compiled renderer, and their columns.

A column's name is the first of what it names: a point, a direction or a colour takes three in a row. Lengths are in
metres, colours are linear RGB, z points up.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Record: TypeAlias = NDArray[np.float64]

# Primitives in their own unit space: a box, a ball and a frustum reach from -1 to 1 on every axis; the flat ones lie in
# z = 0. A frustum's radius is 1 at z = -1 and PARAM at z = 1; of an ellipsoid, what lies above z = PARAM is cut away.
BOX, ELLIPSOID, FRUSTUM, QUAD, DISC, GABLE = range(6)

# Textures.
PLAIN, NOISE, STRIPES, CHECKS, BRICKS, TILES, PLANKS, DOTS = range(8)
PRINT, MARBLE, WINDOWS, TEXT, FOLIAGE, FUR, PLAID, CELLS = range(8, 16)

# A primitive as it is built, in a frame. The first four columns are the same once it is placed.
# FLAG: of a frustum, it is open at both ends; of a disc, it is a pointed leaf.
KIND, PARAM, FLAG, MATERIAL = range(4)
ROW_FRAME = 4
ROW_CENTRE = 5
ROW_AXES = 8  # three half axes
ROW_WIDTH = 17

FRAME_SHIFT = 9  # after a matrix in rows
FRAME_WIDTH = 12

# A primitive placed in the world.
CENTRE = 4
AXES = 7  # three half axes
INVERSE = 16  # the matrix, in rows, from the world's axes to unit space
EYE = 25  # the camera in unit space
RADIUS = 28  # of the bounding sphere
LENGTHS = 29  # of the half axes
PRIMITIVE_WIDTH = 32

TEXTURE = 0
COLOUR = 1
SECOND_COLOUR = 4
PERIOD = 7
SEED = 8
TEXTURE_PARAM = 9
SHINE = 10
GLOSS = 11  # the exponent of the highlight
BUMP = 12
GLOW = 13
TURNED = 14  # by a quarter, if not 0
MIRROR = 15
STAIN = 16
THROUGH = 17  # the share of light that shines through, as through leaves
MATERIAL_WIDTH = 18

ORIGIN = 0
RIGHT = 3
UP = 6
FORWARD = 9
FOCAL = 12  # [picture heights]
NEAR = 13
CAMERA_WIDTH = 14

IS_LAMP = 0  # else a sun
LIGHT_AT = 1  # the lamp's position, or the direction to the sun
LIGHT_COLOUR = 4
LIGHT_SIZE = 7
ABOVE_COLOUR = 8  # ambient light from above
BELOW_COLOUR = 11  # ambient light from below
HAZE = 14  # [1/m]
HAZE_COLOUR = 15
SHADOW_RAYS = 18
SECOND_LAMP = 19
SECOND_LAMP_COLOUR = 22
CREASE_REACH = 25
CREASE_STRENGTH = 26
FALL_OFF = 27
LIGHT_WIDTH = 28

ZENITH_COLOUR = 0
HORIZON_COLOUR = 3
CLOUD_COLOUR = 6
CLOUD_COVER = 9
CLOUD_SCALE = 10
CLOUD_SEED = 11
BELOW_HORIZON_COLOUR = 12
SUN_GLOW = 15
SKY_WIDTH = 16

KEY = 0  # the brightness that the mean of the picture is exposed to
CONTRAST = 1
SATURATION = 2
APERTURE = 3
FOCUS = 4  # [1/m]
WHITE_BALANCE = 5
SENSOR_WIDTH = 8


class Scene(NamedTuple):
    """What the compiled renderer reads, all float64.

    Attributes:
        primitives: (n, PRIMITIVE_WIDTH), in the world.
        materials: (k, MATERIAL_WIDTH).
        camera: (CAMERA_WIDTH,).
        light: (LIGHT_WIDTH,).
        sky: (SKY_WIDTH,).
        sensor: (SENSOR_WIDTH,).
    """

    primitives: Record
    materials: Record
    camera: Record
    light: Record
    sky: Record
    sensor: Record
