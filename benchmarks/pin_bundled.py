"""Pin the bundled model's file into its card: what a release does after a training run.

    python benchmarks/pin_bundled.py

It is for a checkout of the repository, where the package's own files can be written.
"""

import re
from pathlib import Path

from nearfar.errors import CardError
from nearfar.models.card import CARDS_FOLDER, ModelSpec, load_card
from nearfar.models.checksum import hash_file
from nearfar.models.store import BUNDLED_FOLDER, BUNDLED_MODEL


def pin_bundled(
    onnx: Path = BUNDLED_FOLDER / f"{BUNDLED_MODEL}.onnx",
    card_path: Path = CARDS_FOLDER / f"{BUNDLED_MODEL}.toml",
) -> ModelSpec:
    """Return the card after writing the length and the SHA-256 of ``onnx`` into its file; all else stays as it is.

    The rows on training and the measured figures are the trainer's to write: they cannot be read from the file.

    Raises:
        CardError: The card does not pin exactly one file, or does not load.
        OSError: A file cannot be read or written.
    """
    length, sha256 = hash_file(onnx)
    text = card_path.read_text(encoding="utf-8")
    text = _replace_row(text, "bytes", f"{length:_}", card_path)
    text = _replace_row(text, "sha256", f'"{sha256}"', card_path)
    draft = card_path.with_name(f".{card_path.name}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(card_path)
    return load_card(card_path)


def _replace_row(text: str, row: str, value: str, card_path: Path) -> str:
    replaced, found = re.subn(rf"^{row} = .*$", f"{row} = {value}", text, flags=re.MULTILINE)
    if found != 1:
        raise CardError(f"model card {card_path.name}: expected one row {row!r} to rewrite, found {found}")
    return replaced


if __name__ == "__main__":
    pin_bundled()
