"""What people read of a model: licences, data and code, limits, figures, and how it was trained.

No code decides by it. A card that comes with nearfar has all of it, a file that a user brings has none.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from nearfar.models.toml_reader import require


class Osaid(StrEnum):
    """Where a model stands by the Open Source AI Definition 1.0.

    Source: https://opensource.org/ai/open-source-ai-definition
    """

    OPEN_SOURCE_AI = "Open Source AI"
    OPEN_WEIGHTS = "Open Weights"
    CLOSED = "neither"
    UNKNOWN = "unknown"


class Mof(StrEnum):
    """The class that a model reaches in the Model Openness Framework, each class holding the ones below it.

    Source: White et al., The Model Openness Framework, arXiv 2403.13784, section 5.
    """

    CLASS_I = "Class I (Open Science)"
    CLASS_II = "Class II (Open Tooling)"
    CLASS_III = "Class III (Open Model)"
    NONE = "none reached"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Openness:
    """The verdicts on a model's openness, and their reasons.

    Attributes:
        model_licence: The licence of the weights, as an SPDX identifier where there is one.
        osaid: The verdict by the Open Source AI Definition 1.0.
        osaid_basis: Why.
        mof: The class by the Model Openness Framework.
        mof_basis: What is there and what is not.
    """

    model_licence: str
    osaid: Osaid
    osaid_basis: str
    mof: Mof
    mof_basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """The pictures of one stage of the training.

    Attributes:
        stage: What was trained on them.
        datasets: Their names.
        pictures: How many, or None if that is not known.
        public: Whether anyone can obtain them.
    """

    stage: str
    datasets: tuple[str, ...]
    pictures: int | None
    public: bool

    def __post_init__(self) -> None:
        require(bool(self.datasets), "datasets must name at least one")
        require(self.pictures is None or self.pictures > 0, f"pictures must be positive, got {self.pictures}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingData:
    """What the weights were made from.

    Attributes:
        licence: The licences of the data, one entry a source with terms of its own.
        provenance: The stages, in the order in which they follow each other.
    """

    licence: tuple[str, ...]
    provenance: tuple[Provenance, ...] = field(metadata={"empty": "unknown"})

    def __post_init__(self) -> None:
        require(bool(self.licence), "licence must have at least one entry; write 'unknown' if that is the answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingCode:
    """The code that made the weights.

    Attributes:
        licence: Its licence.
        repository: Where it is.
        covers: What it trains, and what is not published.
    """

    licence: str
    repository: str
    covers: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One publication about the model."""

    title: str
    reference: str
    year: int

    def __post_init__(self) -> None:
        require(1950 <= self.year <= 2100, f"year must be four digits, got {self.year}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """How a model that nearfar trained itself was made: enough to make it again.

    Attributes:
        command: The command line, from nothing.
        commit: The commit of nearfar that ran it.
        seed: The seed of the scenes and of the weights.
        pictures: How many pictures it saw.
        hours: How long it took. [h]
        machine: On what.
    """

    command: str
    commit: str
    seed: int
    pictures: int
    hours: float
    machine: str

    def __post_init__(self) -> None:
        require(self.pictures > 0, f"pictures must be positive, got {self.pictures}")
        require(self.hours > 0, f"hours must be positive, got {self.hours}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One figure that nearfar measured.

    Attributes:
        what: The quantity, such as ``AbsRel`` or ``seconds a picture``.
        value: The figure.
        unit: Its unit, or ``ratio``.
        conditions: The data or the picture's size, the engine, the machine.
        command: The command that measured it.
    """

    what: str
    value: float
    unit: str
    conditions: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The model's speed and accuracy, as nearfar measured them."""

    speed: tuple[Measurement, ...] = field(metadata={"empty": "not measured here yet"})
    accuracy: tuple[Measurement, ...] = field(metadata={"empty": "not measured here yet"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Documentation:
    """What people read of a model.

    Attributes:
        scope: What it is for.
        tensor_names: How the names of tensors are found.
        tiling: Whether a picture is cut into tiles.
        openness: Licence and verdicts.
        training_data: What the weights were made from.
        training_code: What made them.
        limitations: What it does badly, and what about it cannot be checked.
        research: What was published about it.
        inference: Where it runs.
        reproducibility: What it takes to get the same result.
        measured: Speed and accuracy.
        training: How nearfar trained it; only for models trained here.
    """

    scope: str
    tensor_names: str
    tiling: bool
    openness: Openness
    training_data: TrainingData
    training_code: TrainingCode
    limitations: tuple[str, ...]
    research: tuple[Publication, ...] = field(metadata={"empty": "none"})
    inference: str
    reproducibility: str
    measured: Measured
    training: Training | None = None

    def __post_init__(self) -> None:
        require(bool(self.limitations), "limitations must have at least one entry")


def unknown_documentation(because: str, *, like: Documentation, licence: str | None = None) -> Documentation:
    """Return the documentation of a model that nobody described: every row says "unknown", and why.

    Args:
        because: Why nothing is known.
        like: Documentation to copy what holds for every model from: how tensors are found, and where it runs.
        licence: The licence of the weights, where that is known.
    """
    unknown = f"unknown: {because}"
    return Documentation(
        scope=unknown,
        tensor_names=like.tensor_names,
        tiling=False,
        openness=Openness(
            model_licence=licence or unknown,
            osaid=Osaid.UNKNOWN,
            osaid_basis=unknown,
            mof=Mof.UNKNOWN,
            mof_basis=unknown,
        ),
        training_data=TrainingData(licence=(unknown,), provenance=()),
        training_code=TrainingCode(licence=unknown, repository=unknown, covers=unknown),
        limitations=(unknown,),
        research=(),
        inference=like.inference,
        reproducibility=unknown,
        measured=Measured(speed=(), accuracy=()),
    )
