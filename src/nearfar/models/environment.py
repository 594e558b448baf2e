"""The environment variables that say where models are, read here and nowhere else."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from nearfar.errors import OptionError

PUBLIC_ENDPOINT = "https://huggingface.co"

_YES = {"1", "ON", "YES", "TRUE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where models are on this machine, and where they may be fetched from.

    Attributes:
        home: nearfar's own folder: ``NEARFAR_HOME``, or the user's data folder. Not the cache folder, which systems
            sweep: a machine without a network could not fetch the model again.
        hub_cache: Hugging Face's cache: ``HF_HUB_CACHE``, or ``hub`` in ``HF_HOME``, or its default.
        endpoint: The Hugging Face Hub or a mirror of it: ``HF_ENDPOINT``.
        offline: Whether ``HF_HUB_OFFLINE`` forbids every request.
    """

    home: Path
    hub_cache: Path
    endpoint: str = PUBLIC_ENDPOINT
    offline: bool = False


def read_environment(variables: Mapping[str, str] | None = None) -> Environment:
    """Return what ``variables`` say, by default those of this process.

    Hugging Face's are read as huggingface_hub reads them, but now and not when that library is imported.
    Source: https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables

    Example:
        >>> read_environment({"NEARFAR_HOME": "/models", "HF_HOME": "/hf", "HF_HUB_OFFLINE": "1"}).offline
        True
    """
    variables = os.environ if variables is None else variables
    home = variables.get("NEARFAR_HOME")
    return Environment(
        home=_resolve_folder(home) if home else platformdirs.user_data_path("nearfar", appauthor=False),
        hub_cache=_find_hub_cache(variables),
        endpoint=(variables.get("HF_ENDPOINT") or PUBLIC_ENDPOINT).rstrip("/"),
        offline=(variables.get("HF_HUB_OFFLINE") or "").upper() in _YES,
    )


def read_cache_folder(variables: Mapping[str, str] | None = None) -> Path:
    """Return the folder for what can be made again: ``cache`` in ``NEARFAR_HOME``, or the user's cache folder.

    Example:
        >>> read_cache_folder({"NEARFAR_HOME": "/models"}).as_posix()
        '/models/cache'
    """
    home = (os.environ if variables is None else variables).get("NEARFAR_HOME")
    return _resolve_folder(home) / "cache" if home else platformdirs.user_cache_path("nearfar", appauthor=False)


def _find_hub_cache(variables: Mapping[str, str]) -> Path:
    cache = variables.get("HF_HUB_CACHE") or variables.get("HUGGINGFACE_HUB_CACHE")
    if cache:
        return _resolve_folder(cache)
    hugging_face = variables.get("HF_HOME")
    if hugging_face:
        return _resolve_folder(hugging_face) / "hub"
    return _resolve_folder(variables.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface" / "hub"


def _resolve_folder(text: str) -> Path:
    # Absolute now: a relative folder would move with the working directory.
    try:
        return Path(os.path.expandvars(text)).expanduser().absolute()
    except RuntimeError as error:
        raise OptionError(
            f"{text}: this user has no home folder: set NEARFAR_HOME and HF_HOME to folders without a ~"
        ) from error
