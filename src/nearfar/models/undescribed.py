"""The card of a network that nobody described: every row that is not known says "unknown", and why."""

from nearfar.models.card import ModelCard, card
from nearfar.models.contract import Architecture, Kind, Measured, Origin, RecipeName, Source
from nearfar.models.openness import Mof, Openness, Osaid, TrainingCode, TrainingData

_LIKE = "depth-anything-v2-small"


def undescribed_card(id: str, *, name: str, because: str) -> ModelCard:  # noqa: A002 - the row's name
    """Return the card of a file given by path, of which only the contract is stated.

    That is disparity, and pictures prepared as for Depth Anything V2.

    Args:
        id: What ``--model`` takes.
        name: What to call it.
        because: Why nothing is known.

    Example:
        >>> undescribed_card("x.onnx", name="x", because="a test").scope
        'unknown: a test'
    """
    unknown = f"unknown: {because}"
    like = card(_LIKE)
    return ModelCard(
        id=id,
        name=name,
        kind=Kind.DISPARITY,
        scope=unknown,
        source=Source(repository=unknown, licence=unknown, paper=unknown, origin=Origin.PATH),
        architecture=Architecture(encoder=unknown, decoder=unknown, parameters=None),
        files=(),
        input=like.input,
        output=like.output,
        tensor_names=like.tensor_names,
        prepare=RecipeName.ASPECT,
        tiling=False,
        openness=Openness(
            model_licence=unknown, osaid=Osaid.UNKNOWN, osaid_basis=unknown, mof=Mof.UNKNOWN, mof_basis=unknown
        ),
        training_data=TrainingData(licence=(unknown,), provenance=()),
        training_code=TrainingCode(licence=unknown, repository=unknown, covers=unknown),
        limitations=(unknown,),
        research=(),
        inference=like.inference,
        reproducibility=unknown,
        measured=Measured(speed=(), accuracy=()),
    )
