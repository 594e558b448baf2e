"""Products are declared once: what the table says is what the library's functions and the verbs offer."""

import inspect
import math
from dataclasses import dataclass, fields

import numpy as np
import pytest

import nearfar
from nearfar import Depth, Disparity, Picture
from nearfar.errors import OptionError
from nearfar.products.declaration import Option, find_violations, list_options
from nearfar.products.mask import MaskSettings
from nearfar.products.mask_formats import MaskFileSettings
from nearfar.products.products import PRODUCTS
from nearfar.products.stereo import StereoSettings

RAMP = Disparity(values=np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4))
GREY = Picture(rgb=np.full((3, 4, 3), 90, np.uint8), name="grey")


@pytest.mark.parametrize("verb", PRODUCTS)
def test_function_is_public_and_documented(verb: str) -> None:
    product = PRODUCTS[verb]
    function = getattr(nearfar, product.name)
    assert function is product.load_function()
    assert product.name in nearfar.__all__
    signature = inspect.signature(function)
    declared = {field.name: field for field in list_options(product.load_settings())}
    keywords = list(signature.parameters)[2:]
    assert keywords == [name for name in declared if name in keywords]
    for name in keywords:
        assert signature.parameters[name].default == declared[name].default
        assert f"\n    {name}: " in inspect.getdoc(function)
    assert "settings:" not in inspect.getdoc(function)


@pytest.mark.parametrize("verb", PRODUCTS)
def test_every_option_has_help_and_a_default(verb: str) -> None:
    settings = PRODUCTS[verb].load_settings()
    options = list_options(settings)
    assert [field.name for field in options] == [field.name for field in fields(settings)]
    for field in options:
        assert field.option.help.endswith((".", "]")), field.name
        assert isinstance(field.option, Option)
    assert len({field.flag for field in options}) == len(options)


@pytest.mark.parametrize("verb", PRODUCTS)
def test_endings_are_those_of_all_variants(verb: str) -> None:
    product = PRODUCTS[verb]
    settings = MaskFileSettings(far=50) if verb == "mask" else product.load_settings()()
    for row in product.bind_formats(settings).values():
        assert row.tag + row.suffix in product.list_endings()
    if verb == "stereo":
        assert len(product.list_endings()) == 12


def test_unknown_keyword_and_missing_picture_rejected() -> None:
    with pytest.raises(TypeError, match="fov"):
        nearfar.mesh(RAMP, GREY, fov=3)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="picture"):
        nearfar.stereo(RAMP)  # type: ignore[call-arg]
    np.testing.assert_array_equal(nearfar.mask(RAMP, far=50), nearfar.mask(RAMP, None, far=50))
    np.testing.assert_array_equal(nearfar.mask(RAMP, far=50, picture=GREY), nearfar.mask(RAMP, GREY, far=50))


def test_product_leaves_map_and_picture_unchanged() -> None:
    before = RAMP.values.copy(), GREY.rgb.copy()
    for make in (nearfar.stereo, nearfar.mesh, nearfar.normals, nearfar.point_cloud):
        make(RAMP, GREY)
    np.testing.assert_array_equal(RAMP.values, before[0])
    np.testing.assert_array_equal(GREY.rgb, before[1])


@pytest.mark.parametrize(
    ("option", "inside", "outside"),
    [
        (Option(help=".", min=0, max=100), (0, 50, 100), (-1e-9, 100.1, math.nan)),
        (Option(help=".", above=0, below=2), (1e-9, 1.9), (0, 2, math.inf, math.nan)),
        (Option(help="."), (-math.inf, 0, math.inf), (math.nan,)),
    ],
)
def test_range_allows_what_lies_inside(option: Option, inside: tuple[float, ...], outside: tuple[float, ...]) -> None:
    assert all(map(option.allows, inside))
    assert not any(map(option.allows, outside))


def test_field_without_option_rejected() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Settings:
        strength: float = 1.0

    with pytest.raises(TypeError, match=r"Settings\.strength must be declared as Annotated"):
        list_options(Settings)


def test_violations_name_the_options_outside_their_range() -> None:
    settings = StereoSettings()
    object.__setattr__(settings, "parallax_percent", 11.0)
    object.__setattr__(settings, "focus_percent", -1.0)
    assert [(name, value) for name, value, _ in find_violations(settings)] == [
        ("parallax_percent", 11.0),
        ("focus_percent", -1.0),
    ]


def test_metres_of_a_mask_stand_in_one_option_of_the_command_line() -> None:
    by_name = {field.name: field.option.metres_of for field in list_options(MaskSettings)}
    assert {name: of for name, of in by_name.items() if of} == {"near_m": "near", "far_m": "far"}
    depth = Depth(values=np.array([[1, 2, 4]], np.float32))
    assert nearfar.mask(depth, near_m=1, far_m=2, feather=0).tolist() == [[1, 1, 0]]
    with pytest.raises(OptionError, match="not both"):
        nearfar.mask(depth, near=60, near_m=1)
