"""The options that several verbs share, written once."""

from enum import StrEnum
from typing import Annotated

import typer

from nearfar.models.contract import RecipeName


class EngineName(StrEnum):
    """The runtimes that can be asked for."""

    AUTO = "auto"
    ONNXRUNTIME = "onnxruntime"


Model = Annotated[
    str,
    typer.Option(
        "--model",
        metavar="ID|PATH",
        help="A model's id (see 'nearfar models list') or an ONNX file. auto: Depth Anything V2 Small if it can be "
        "had, else the bundled open model.",
    ),
]
Engine = Annotated[EngineName, typer.Option("--engine", help="The runtime.")]
Prepare = Annotated[
    RecipeName | None,
    typer.Option(
        "--prepare",
        help="How the picture is resized for the network: aspect (transformers' rule), official (the authors' code) "
        "or square. The model's card has the default.",
    ),
]
Size = Annotated[
    int | None,
    typer.Option(
        "--size", metavar="PX", min=1, help="The side that the network's input aims at. [default: the card's]"
    ),
]
Offline = Annotated[bool, typer.Option("--offline", help="Never use the network.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace outputs that exist.")]
