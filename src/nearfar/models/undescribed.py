"""The card of a network that nobody described: every row that is not known says "unknown", and why."""

from dataclasses import replace

from nearfar.models.card import ModelCard, card
from nearfar.models.openness import Mof, Openness, Osaid, TrainingCode, TrainingData
from nearfar.models.schema import Architecture, Kind, Measured, Origin, RecipeName, Source

_LIKE = "depth-anything-v2-small"


def undescribed_card(
    id: str,  # noqa: A002 - the row's name
    *,
    name: str,
    because: str,
    kind: Kind = Kind.DISPARITY,
    depth_cap_m: float | None = None,
) -> ModelCard:
    """Return the card of a file of which only the contract is stated: its pictures as for Depth Anything V2.

    Args:
        id: What ``--model`` takes.
        name: What to call it.
        because: Why nothing is known.
        kind: What its numbers mean.
        depth_cap_m: The largest depth that a network of the kind ``depth`` can give [m].

    Example:
        >>> undescribed_card("x.onnx", name="x", because="a test").scope
        'unknown: a test'
    """
    unknown = f"unknown: {because}"
    like = card(_LIKE)
    output = like.output
    if kind is Kind.DEPTH:
        output = replace(output, meaning="depth [m]", near="low; bright in pictures", far="high; dark in pictures")
    return ModelCard(
        id=id,
        name=name,
        kind=kind,
        depth_cap_m=depth_cap_m,
        scope=unknown,
        source=Source(repository=unknown, licence=unknown, paper=unknown, origin=Origin.PATH),
        architecture=Architecture(encoder=unknown, decoder=unknown, parameters=None),
        files=(),
        input=like.input,
        output=output,
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
