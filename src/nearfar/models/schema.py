"""The blocks of a model card that code reads: source, architecture, files, input and output, and how it was made."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Self

from nearfar.models.toml_reader import require

NETWORK_NAME = "model.onnx"
"""What the store calls a network that was made on this machine."""


class Kind(StrEnum):
    """What the network's numbers mean."""

    DISPARITY = "disparity"  # inverse depth, up to an unknown scale and shift
    DEPTH = "depth"  # [m]


class PreprocessingName(StrEnum):
    """The published way of preparing a picture that a model was made for."""

    ASPECT = "aspect"
    OFFICIAL = "official"
    SQUARE = "square"


class Origin(StrEnum):
    """Where a model's files come from."""

    HUB = "hub"  # fetched from the Hugging Face Hub
    BUNDLED = "bundled"  # part of nearfar's own package
    IMPORTED = "imported"  # brought into the store from a file of the user's
    DERIVED = "derived"  # made on this machine from another model
    PATH = "path"  # a file that the user named


class FileRole(StrEnum):
    """What a file is for."""

    NETWORK = "network"  # a graph that an engine runs
    CHECKPOINT = "checkpoint"  # weights, from which the graph is made on this machine
    SETTINGS = "settings"  # what the publisher wrote about its use


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSource:
    """A repository on the Hugging Face Hub at one commit."""

    repository: str
    revision: str

    def __post_init__(self) -> None:
        require(
            re.fullmatch(r"[\w.-]+/[\w.-]+", self.repository) is not None,
            f"repository must be 'owner/name', got {self.repository!r}",
        )
        require(
            re.fullmatch("[0-9a-f]{40}", self.revision) is not None,
            f"revision must be a full commit, 40 lower-case hex digits, got {self.revision!r}",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Who made the model and where its files come from.

    Attributes:
        repository: The code of those who made it.
        licence: The licence of that code.
        paper: The paper, or 'none'.
        origin: Where the files come from.
        hub: The repository that the files are fetched from; only with the origin ``hub``.
    """

    repository: str
    licence: str
    paper: str
    origin: Origin
    hub: HubSource | None = None

    def __post_init__(self) -> None:
        if self.origin is Origin.HUB:
            require(self.hub is not None, "hub is missing: the origin 'hub' needs a repository and a revision")
        else:
            require(self.hub is None, f"hub must not be there with the origin {self.origin.value!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """The network: its halves and its size. ``parameters`` is None if they are not known."""

    encoder: str
    decoder: str
    parameters: int | None

    def __post_init__(self) -> None:
        require(self.parameters is None or self.parameters > 0, f"parameters must be positive, got {self.parameters}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """One file of a model, pinned to its bytes.

    Attributes:
        variant: Its short name, which ``--variant`` takes; ``model`` is the one that runs by default, ``checkpoint``
            the one that it is made from.
        role: What it is for.
        description: Its precision, or what it holds.
        path: Where it is in the repository, or its name in the package.
        bytes: Its length.
        sha256: The SHA-256 of its bytes.
    """

    variant: str
    role: FileRole
    description: str
    path: str
    bytes: int
    sha256: str

    def __post_init__(self) -> None:
        parts = self.path.split("/")
        require("\\" not in self.path and not {"", ".", ".."} & set(parts), f"path must be relative, got {self.path!r}")
        require(self.bytes > 0, f"bytes must be positive, got {self.bytes}")
        require(
            re.fullmatch("[0-9a-f]{64}", self.sha256) is not None,
            f"sha256 must be 64 lower-case hex digits, got {self.sha256!r}",
        )

    @classmethod
    def network(cls, bytes: int, sha256: str, *, description: str) -> Self:  # noqa: A002 - the row's name
        """Return the row of a network that was brought into the store on this machine."""
        return cls(
            variant="model",
            role=FileRole.NETWORK,
            description=description,
            path=NETWORK_NAME,
            bytes=bytes,
            sha256=sha256,
        )

    @property
    def name(self) -> str:
        """The file's name without its folders."""
        return PurePosixPath(self.path).name


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """What a network in the store was made from on this machine, and how it was checked.

    Attributes:
        file: The name of the file that it was made from.
        bytes: The length of that file.
        sha256: The SHA-256 of that file.
        format: Whose checkpoint format that is.
        positions: Whose rule resamples the learned position embeddings; None if the graph came as it is.
        checked: What the network was run on before it entered the store.
        parity_error: Largest difference between the graph in ONNX Runtime and the network in PyTorch, over all that it
            was run on; None if the graph came as it is. [share of the map's range]
        parity_tolerance: The limit of that difference. [share of the map's range]
        made_with: The programs that made and checked it, with their versions.
    """

    file: str
    bytes: int
    sha256: str
    format: str
    checked: tuple[str, ...]
    made_with: tuple[str, ...]
    positions: str | None = None
    parity_error: float | None = None
    parity_tolerance: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantized:
    """How a quantised network was made from another model, and how far its maps are from that one's.

    The figures are the worst over the photographs held out from calibration and the engines that run here; their
    definitions are those of nearfar.evaluate.metrics.

    Attributes:
        base: The id of the model that it was made from.
        method: How it was quantised, in words.
        layers: How many layers multiply in 8 bits.
        calibration: The photographs that its ranges were measured on.
        held_out: The photographs that it was tested on.
        mean_difference: Mean absolute difference [share of the map's range].
        spearman: Spearman's rank correlation.
        ordering: Share of clearly different pairs of pixels in the same order.
        thresholds: The thresholds that each photograph had to pass.
    """

    base: str
    method: str
    layers: int
    calibration: tuple[str, ...]
    held_out: tuple[str, ...]
    mean_difference: float
    spearman: float
    ordering: float
    thresholds: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalization:
    """Mean and standard deviation of each channel (R, G, B), for pictures in 0..1."""

    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    def __post_init__(self) -> None:
        require(min(self.std) > 0, f"std must be positive, got {list(self.std)}")


# Source: torchvision, the ImageNet statistics of its pretrained models.
IMAGENET = Normalization(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSpec:
    """The network's input.

    Attributes:
        name: The tensor's name in the publisher's export; another export may call it otherwise.
        dtype: Its number format.
        shape: (batch, channels, height, width) as published; the sides may be others if the graph leaves them open.
        multiple: Every side must be a multiple of this. [px]
        size: The side that the model was made for. [px]
        normalization: How channels are normalised.
    """

    name: str
    dtype: str
    shape: tuple[int, int, int, int]
    multiple: int
    size: int
    normalization: Normalization = field(metadata={"key": "normalisation"})

    def __post_init__(self) -> None:
        require(min(self.shape) > 0, f"shape must be positive, got {list(self.shape)}")
        require(self.multiple > 0, f"multiple must be positive, got {self.multiple}")
        require(
            self.size > 0 and self.size % self.multiple == 0,
            f"size must be a positive multiple of {self.multiple}, got {self.size}",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputSpec:
    """The network's output; ``near`` and ``far`` say which end of its numbers is which."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    meaning: str
    near: str
    far: str

    def __post_init__(self) -> None:
        require(bool(self.shape) and min(self.shape) > 0, f"shape must be positive, got {list(self.shape)}")
