"""Each recipe sees the picture as its publisher's code does, and comes back as that code does."""

import math
from fractions import Fraction
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from nearfar.errors import ArrayError, OptionError
from nearfar.models.card import Normalization
from nearfar.preprocess import PREPROCESSINGS, NetworkInput, Preprocessing, postprocess, preprocess

IMAGENET = Normalization(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
MEAN, STD = np.array(IMAGENET.mean), np.array(IMAGENET.std)
ASPECT, OFFICIAL, SQUARE = PREPROCESSINGS["aspect"], PREPROCESSINGS["official"], PREPROCESSINGS["square"]


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Return smooth colours with some noise, (height, width, 3) uint8."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (5, 7, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
    return np.clip(smooth + random.integers(-20, 21, smooth.shape), 0, 255).astype(np.uint8)


def prepared(
    size_hw: tuple[int, int], recipe: Preprocessing, rgb: np.ndarray | None = None, **options: object
) -> NetworkInput:
    rgb = np.zeros((*size_hw, 3), np.uint8) if rgb is None else rgb
    return preprocess(rgb, preprocessing=recipe, normalization=IMAGENET, **options)  # type: ignore[arg-type]


# Sizes ----------------------------------------------------------------------------------------------------------------

# Width × height of the picture; of the network under aspect, and under official.
PUBLISHED = [
    ((4000, 3000), (686, 518), (686, 518)),
    ((1242, 375), (1722, 518), (1722, 518)),
    ((450, 375), (518, 434), (616, 518)),
    ((320, 240), (518, 392), (686, 518)),
    ((400, 600), (350, 518), (518, 784)),
    ((518, 518), (518, 518), (518, 518)),
]


@pytest.mark.parametrize(("photo_wh", "aspect_wh", "official_wh"), PUBLISHED)
def test_published_sizes(photo_wh: tuple[int, int], aspect_wh: tuple[int, int], official_wh: tuple[int, int]) -> None:
    for recipe, (width, height) in ((ASPECT, aspect_wh), (OFFICIAL, official_wh), (SQUARE, (518, 518))):
        result = prepared(photo_wh[::-1], recipe)
        assert result.network_hw == (height, width)
        assert result.source_hw == photo_wh[::-1]
        assert not result.capped


@pytest.mark.parametrize(
    ("recipe", "photo_hw", "network_hw", "capped"),
    [
        (OFFICIAL, (200, 4000), (238, 4508), True),  # asks for 518×10360
        (OFFICIAL, (4000, 200), (4508, 238), True),
        (OFFICIAL, (100, 400), (518, 2072), False),  # 4:1 takes the whole of the cap
        (OFFICIAL, (1, 5000), (14, 73262), True),
        (ASPECT, (200, 4000), (28, 518), False),
        (ASPECT, (518, 100_000), (70, 14392), True),
        (ASPECT, (7000, 40), (518, 14), False),
        (SQUARE, (7000, 40), (518, 518), False),
    ],
)
def test_long_pictures_capped(
    recipe: Preprocessing, photo_hw: tuple[int, int], network_hw: tuple[int, int], capped: bool
) -> None:
    result = prepared(photo_hw, recipe)
    assert (result.network_hw, result.capped) == (network_hw, capped)


sides = st.one_of(st.integers(1, 60), st.integers(1, 3000), st.sampled_from([14, 518, 7000]))
recipes = st.sampled_from(sorted(PREPROCESSINGS))


@given(sides, sides, recipes, st.integers(1, 700), st.sampled_from([1, 8, 14, 16]))
@example(1, 7000, "official", 518, 14)
@example(14, 985, "official", 204, 14)
@settings(max_examples=150, deadline=None)
def test_sides_are_multiples_within_cap(height: int, width: int, name: str, size: int, multiple: int) -> None:
    # Only the rule: the pixels are not resized.
    blind = Preprocessing(
        name=name,
        choose_hw=PREPROCESSINGS[name].choose_hw,
        resize_picture=lambda rgb, size_hw: np.broadcast_to(np.uint8(0), (3, *size_hw)),
        white=255.0,
        resize_map=PREPROCESSINGS[name].resize_map,
    )
    result = prepared((height, width), blind, size=size, multiple=multiple)
    rows, columns = result.network_hw
    aimed = max(round(size / multiple) * multiple, multiple)
    assert rows % multiple == columns % multiple == 0
    assert min(rows, columns) >= multiple
    assert rows * columns <= 4 * aimed**2
    if result.capped and min(rows, columns) >= 4 * multiple:
        ratio = Fraction(height, width) / Fraction(rows, columns)
        # Each side is rounded, by up to one of at least four multiples, and official's first up.
        assert 0.7 < ratio < 1 / 0.7


@pytest.mark.parametrize(("size", "side"), [(518, 518), (500, 504), (525, 532), (532, 532), (1, 14), (7, 14), (20, 14)])
def test_size_rounded_to_multiple(size: int, side: int) -> None:
    assert prepared((50, 50), SQUARE, size=size).network_hw == (side, side)
    assert prepared((500, 500), ASPECT, size=size).network_hw == (side, side)
    # The published rule never goes below what was asked for.
    assert prepared((500, 500), OFFICIAL, size=size).network_hw == (side if side >= size else side + 14,) * 2


@pytest.mark.parametrize(
    "options", [{"size": 0}, {"size": -14}, {"size": 10**6}, {"multiple": 0}, {"fixed_hw": (0, 5)}]
)
def test_size_rejected(options: dict[str, object]) -> None:
    with pytest.raises(OptionError, match=next(iter(options))):
        prepared((50, 50), ASPECT, **options)


@pytest.mark.parametrize("recipe", PREPROCESSINGS.values(), ids=PREPROCESSINGS)
def test_fixed_size_used(recipe: Preprocessing) -> None:
    rgb = picture(90, 200)
    result = prepared((90, 200), recipe, rgb, fixed_hw=(140, 98), size=700)
    assert result.network_hw == (140, 98)
    assert not result.capped
    assert postprocess(np.zeros((140, 98), np.float32), result).shape == (90, 200)


# There ----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def processor():  # type: ignore[no-untyped-def]
    """The transformers processor, set as onnx-community/depth-anything-v2-small's preprocessor_config.json sets it."""
    module = pytest.importorskip("transformers.models.dpt.image_processing_pil_dpt", reason="needs transformers 5")
    return module.DPTImageProcessorPil(
        do_resize=True,
        size={"height": 518, "width": 518},
        keep_aspect_ratio=True,
        ensure_multiple_of=14,
        resample=3,
        do_rescale=True,
        rescale_factor=1 / 255,
        do_normalize=True,
        image_mean=list(IMAGENET.mean),
        image_std=list(IMAGENET.std),
        do_pad=False,
    )


@pytest.mark.parametrize("photo_wh", [*(sizes[0] for sizes in PUBLISHED[1:]), (37, 1400), (901, 777), (3, 5)])
def test_aspect_equals_transformers(processor, photo_wh: tuple[int, int]) -> None:
    rgb = picture(*photo_wh[::-1])
    theirs = np.stack(processor(images=Image.fromarray(rgb), return_tensors="np")["pixel_values"])
    ours = prepared(photo_wh[::-1], ASPECT, rgb).tensor
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=5e-7)


@pytest.mark.parametrize(
    ("photo_wh", "size", "official_wh"),
    # By Resize of DepthAnything/Depth-Anything-V2 @8def443, with lower_bound and ensure_multiple_of 14.
    [
        ((1242, 375), 384, (1274, 392)),
        ((1242, 375), 500, (1652, 504)),
        ((640, 480), 384, (518, 392)),
        ((640, 480), 518, (686, 518)),
    ],
)
def test_sizes_between_multiples(processor, photo_wh: tuple[int, int], size: int, official_wh) -> None:  # type: ignore[no-untyped-def]
    width, height = photo_wh
    photo = picture(height, width)
    assert prepared((height, width), OFFICIAL, photo, size=size).network_hw == official_wh[::-1]
    theirs = processor(photo, size={"height": size, "width": size}, return_tensors="np")["pixel_values"]
    assert prepared((height, width), ASPECT, photo, size=size).network_hw == theirs.shape[2:]


@pytest.mark.parametrize("photo_wh", [(450, 375), (1242, 375), (901, 777), (3, 5)])
def test_official_equals_authors(photo_wh: tuple[int, int]) -> None:
    rgb = picture(*photo_wh[::-1])
    result = prepared(photo_wh[::-1], OFFICIAL, rgb)
    height, width = result.network_hw
    resized = cv2.resize(rgb / 255.0, (width, height), interpolation=cv2.INTER_CUBIC)
    expected = ((resized - MEAN) / STD).transpose(2, 0, 1)[None].astype(np.float32)
    np.testing.assert_array_max_ulp(result.tensor, expected, maxulp=1)


def test_square_equals_pillow_lanczos() -> None:
    rgb = picture(200, 300)
    resized = np.asarray(Image.fromarray(rgb).resize((518, 518), Image.Resampling.LANCZOS))
    expected = ((resized / 255.0 - MEAN) / STD).transpose(2, 0, 1)[None].astype(np.float32)
    np.testing.assert_array_max_ulp(prepared((200, 300), SQUARE, rgb).tensor, expected, maxulp=1)


@pytest.mark.parametrize("recipe", PREPROCESSINGS.values(), ids=PREPROCESSINGS)
def test_tensor_is_contiguous_float32_rgb(recipe: Preprocessing) -> None:
    rgb = np.zeros((60, 80, 3), np.uint8)
    rgb[..., 0] = 255
    tensor = prepared((60, 80), recipe, rgb).tensor
    assert tensor.dtype == np.float32
    assert tensor.flags.c_contiguous
    assert not tensor.flags.writeable
    red, green, blue = ((np.array([1.0, 0.0, 0.0]) - MEAN) / STD).astype(np.float32)
    np.testing.assert_allclose(tensor[0].mean(axis=(1, 2)), [red, green, blue], rtol=1e-5)


def test_caller_array_unchanged() -> None:
    rgb = picture(40, 60)
    before = rgb.copy()
    for recipe in PREPROCESSINGS.values():
        prepared((40, 60), recipe, rgb)
    np.testing.assert_array_equal(rgb, before)
    assert rgb.flags.writeable


@pytest.mark.parametrize("rgb", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)])
def test_rgb_rejected(rgb: np.ndarray) -> None:
    with pytest.raises(ArrayError, match="rgb"):
        preprocess(rgb, preprocessing=ASPECT, normalization=IMAGENET)


# And back -------------------------------------------------------------------------------------------------------------


def came_from(size_hw: tuple[int, int], recipe: Preprocessing) -> NetworkInput:
    return NetworkInput(tensor=np.zeros((1, 3, 14, 14), np.float32), source_hw=size_hw, preprocessing=recipe)


def raw_map(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * width).gamma(2, 3, (height, width)).astype(np.float32)


SHAPES = [((14, 28), (90, 200)), ((70, 56), (33, 41)), ((28, 28), (28, 28)), ((14, 518), (1, 9000)), ((98, 70), (1, 1))]


@pytest.mark.parametrize(("raw_hw", "photo_hw"), SHAPES)
def test_aspect_postprocess_equals_transformers(processor, raw_hw: tuple[int, int], photo_hw: tuple[int, int]) -> None:
    torch = pytest.importorskip("torch")
    raw = raw_map(*raw_hw)
    outputs = SimpleNamespace(predicted_depth=torch.from_numpy(raw)[None])
    theirs = processor.post_process_depth_estimation(outputs, target_sizes=[photo_hw])[0]["predicted_depth"].numpy()
    np.testing.assert_allclose(
        postprocess(raw, came_from(photo_hw, ASPECT)), theirs.reshape(photo_hw), atol=1e-3 * raw.max()
    )


@pytest.mark.parametrize(("raw_hw", "photo_hw"), [*SHAPES, ((518, 686), (1500, 2000)), ((42, 42), (1, 100))])
@pytest.mark.parametrize(
    ("recipe", "options", "tolerance"),
    [
        (ASPECT, {"mode": "bicubic", "align_corners": False}, 2e-4),
        (OFFICIAL, {"mode": "bilinear", "align_corners": True}, 1e-6),
    ],
    ids=["aspect", "official"],
)
def test_postprocess_equals_pytorch(
    recipe: Preprocessing,
    options: dict[str, object],
    tolerance: float,
    raw_hw: tuple[int, int],
    photo_hw: tuple[int, int],
) -> None:
    torch = pytest.importorskip("torch")
    raw = raw_map(*raw_hw)
    theirs = torch.nn.functional.interpolate(torch.from_numpy(raw)[None, None], photo_hw, **options)[0, 0].numpy()
    ours = postprocess(raw, came_from(photo_hw, recipe))
    assert ours.shape == photo_hw
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * raw.max())


def test_official_aligns_corners() -> None:
    raw = np.array([[0, 4], [8, 12]], np.float32)
    expected = np.add.outer(np.linspace(0, 8, 5), np.linspace(0, 4, 9))
    np.testing.assert_allclose(postprocess(raw, came_from((5, 9), OFFICIAL)), expected, atol=1e-6)


def test_aspect_overshoots_below_zero() -> None:
    raw = np.zeros((14, 14), np.float32)
    raw[:, 7:] = 10
    restored = postprocess(raw, came_from((140, 140), ASPECT))
    assert restored.min() < -0.5
    assert np.isfinite(restored).all()


@given(sides, sides, st.integers(1, 40), st.integers(1, 40), recipes)
@example(40, 7000, 14, 518, "aspect")
@example(1, 1, 518, 518, "square")
@settings(max_examples=100, deadline=None)
def test_postprocess_returns_picture_size(height: int, width: int, rows: int, columns: int, name: str) -> None:
    restored = postprocess(raw_map(rows, columns), came_from((height, width), PREPROCESSINGS[name]))
    assert restored.shape == (height, width)
    assert restored.dtype == np.float32
    assert np.isfinite(restored).all()


@given(st.floats(-1e6, 1e6, width=32), sides, sides, recipes)
@settings(max_examples=100, deadline=None)
def test_flat_map_stays_flat(value: float, height: int, width: int, name: str) -> None:
    restored = postprocess(np.full((14, 28), value, np.float32), came_from((height, width), PREPROCESSINGS[name]))
    assert (restored == np.float32(value)).all()


@pytest.mark.parametrize("recipe", PREPROCESSINGS.values(), ids=PREPROCESSINGS)
def test_ramp_stays_in_place(recipe: Preprocessing) -> None:
    raw = np.tile(np.arange(70, dtype=np.float32), (70, 1))
    restored = postprocess(raw, came_from((210, 210), recipe))
    middle = restored[:, 20:190]
    assert (np.diff(middle, axis=1) > 0).all()
    assert abs(restored[105, 105] - 34.7) < 0.5


@pytest.mark.parametrize(
    "raw",
    [
        np.zeros((1, 4, 4), np.float32),
        np.zeros((4, 4)),
        np.full((4, 4), np.nan, np.float32),
        np.zeros((0, 4), np.float32),
    ],
)
def test_raw_map_rejected(raw: np.ndarray) -> None:
    with pytest.raises(ArrayError, match="map"):
        postprocess(raw, came_from((4, 4), ASPECT))


@pytest.mark.parametrize("size_hw", [(1, 1), (7000, 40), (1, 5000), (2, 3)])
@pytest.mark.parametrize("recipe", PREPROCESSINGS.values(), ids=PREPROCESSINGS)
def test_odd_sizes_round_trip(recipe: Preprocessing, size_hw: tuple[int, int]) -> None:
    result = prepared(size_hw, recipe, picture(*size_hw), size=140)
    assert np.isfinite(result.tensor).all()
    assert math.prod(result.network_hw) <= 4 * 140**2
    assert postprocess(result.tensor[0, 0], result).shape == size_hw
