"""The model store: finds files of models on this machine, fetches what is missing, and lets no unverified byte out.

A file is looked for in nearfar's package (the bundled model), in the store's own folder, and in Hugging Face's cache,
in that order; it is used where it is. The network is asked only by ``fetch``, and only for what is nowhere here.

A model that was made on this machine, from a checkpoint or from a file of the user's, has its card in the store too:
``<store>/<id>/<id>.toml``, written last, so that a card in the store stands for a model that is there.

Files enter the store whole or not at all: through a private folder on the same disk, then by one rename.
"""

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from importlib.resources import files
from pathlib import Path

from nearfar.errors import CardError, FetchError, ModelMissingError, UnreachableError, VerificationError, os_reason
from nearfar.models import card as shipped
from nearfar.models.card import ModelSpec, find_card, load_card, save_card
from nearfar.models.checksum import ChecksumResult, check, read_checksum
from nearfar.models.environment import Environment, read_environment
from nearfar.models.schema import ModelFile, Origin

DEFAULT_MODEL = "depth-anything-v2-small"
BUNDLED_MODEL = "nearfar-open"
BUNDLED_FOLDER = Path(str(files("nearfar.models"))) / "bundled"

_log = logging.getLogger(__name__)

_PREFIX = ".fetching-"
_LEFT_OVER_S = 24 * 3600


class Place(StrEnum):
    """Where a file of a model is on this machine."""

    BUNDLED = "nearfar's package"
    STORE = "the store"
    HUB_CACHE = "Hugging Face's cache"


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A file of a model that is on this machine; not yet verified."""

    card: ModelSpec
    file: ModelFile
    place: Place
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStore:
    """The models of one user.

    Attributes:
        environment: Where models are and where they may be fetched from; by default what this process's environment
            variables say.
        bundled_folder: The folder of the files that come with nearfar.

    Example:
        >>> from nearfar.models.card import card
        >>> store = ModelStore(environment=read_environment({"NEARFAR_HOME": "/nowhere", "HF_HOME": "/nowhere"}))
        >>> store.find(card("depth-anything-v2-small")) is None
        True
    """

    environment: Environment = field(default_factory=read_environment)
    bundled_folder: Path = field(default_factory=lambda: BUNDLED_FOLDER)

    @property
    def folder(self) -> Path:
        """The store's own folder of models; it may not exist yet."""
        return self.environment.home / "models"

    def cards(self) -> Mapping[str, ModelSpec]:
        """Return every card that comes with nearfar or stands in the store, by id, in alphabetical order.

        A card in the store that cannot be read is left out, with a warning.
        """
        known = dict(shipped.cards())
        for path in self._own_card_paths():
            try:
                own = load_card(path)
            except (CardError, OSError) as error:
                _log.warning("%s; import the model again, or remove %s", error, path.parent)
                continue
            merged = _merge_cards(known.get(own.id), own)
            if merged is not None:
                known[own.id] = merged
        return dict(sorted(known.items()))

    def card(self, name: str) -> ModelSpec:
        """Return the card with the id ``name``.

        Raises:
            UnknownModelError: There is none; the message lists those that there are, the nearest first.
            CardError: It is in the store and cannot be read.
        """
        known = self.cards()
        if name not in known:
            for path in self._own_card_paths():
                if path.stem == name:
                    load_card(path)  # says what is wrong with it
        return find_card(name, known)

    def find(self, card: ModelSpec, variant: str = "model") -> Path | None:
        """Return the path of a verified file, or None if it is not on this machine. The network is not asked.

        Raises:
            UnknownModelError: The card has no such variant.
            VerificationError: The file in the store or in the package is damaged.
        """
        located = self.locate(card, variant)
        return located.path if located else None

    def locate(self, card: ModelSpec, variant: str = "model") -> Located | None:
        """Return where a verified file is, as ``find`` does, with the place named.

        Raises:
            UnknownModelError: The card has no such variant.
            VerificationError: The file in the store or in the package is damaged.
        """
        if variant == "model" and card.needs_conversion:
            return None
        for located in self.list_copies(card, card.file(variant)):
            result = check(located.path, located.file, self.environment)
            if result.good:
                return located
            if located.place is not Place.HUB_CACHE:
                raise VerificationError(_describe_damage(located, result))
            # Not ours to mend or to delete; to fetch the file anew is safe.
            _log.warning("not used: %s: %s", located.path, result.problem)
        return None

    def list_copies(self, card: ModelSpec, file: ModelFile) -> Iterator[Located]:
        """Yield every copy of ``file`` on this machine, the preferred one first, none of them verified."""
        for place, path in self._candidates(card, file):
            if path.is_file():
                yield Located(card=card, file=file, place=place, path=path)

    def require(self, card: ModelSpec, variant: str = "model") -> Path:
        """Return the path of a verified file.

        Raises:
            UnknownModelError: The card has no such variant.
            ModelMissingError: It is not on this machine; the message holds the command that fetches it.
            VerificationError: It is damaged.
        """
        path = self.find(card, variant)
        if path is None:
            raise ModelMissingError(f"{title(card, variant)} is not on this machine: {remedy(card, variant)}")
        return path

    def verify(self, card: ModelSpec) -> Iterator[tuple[Located, ChecksumResult]]:
        """Yield every copy of every file of ``card`` on this machine with the result of reading all of its bytes."""
        for file in card.files:
            for located in self.list_copies(card, file):
                yield located, read_checksum(located.path, file)

    def fetch(
        self,
        card: ModelSpec,
        variant: str = "model",
        *,
        force: bool = False,
        patience_s: float = 10.0,
        progress: bool = True,
    ) -> Path:
        """Return the path of a verified file, after fetching it if it is not on this machine.

        Args:
            card: The model.
            variant: Which of its files.
            force: Fetch it into the store even if it is here, and replace a damaged one.
            patience_s: How long the first answer may take. [s]
            progress: Whether a progress bar may be drawn on stderr, if that is a terminal.

        Raises:
            UnknownModelError: The card has no such variant.
            UnreachableError: There is no network, or ``HF_HUB_OFFLINE`` forbids its use.
            FetchError: The hub does not have the file, or the store cannot be written.
            VerificationError: The bytes received are not the pinned ones; they were deleted. Or a file that is here
                is damaged and ``force`` was not given.
        """
        is_derived = variant == "model" and (card.needs_conversion or card.derivation is not None)
        path = None if force and card.source.origin is Origin.HUB and not is_derived else self.find(card, variant)
        if path is not None:
            return path
        if card.source.hub is None or is_derived:
            raise ModelMissingError(f"{title(card, variant)} is not on this machine: {remedy(card, variant)}")
        if self.environment.offline:
            raise UnreachableError(f"cannot fetch {title(card, variant)}: HF_HUB_OFFLINE forbids it")
        # Here and not above: huggingface_hub costs 0.3 s, and most starts have their model.
        from nearfar.models.download import Download, download, probe

        file = card.file(variant)
        request = Download(
            file=file,
            source=card.source.hub,
            endpoint=self.environment.endpoint,
            patience_s=patience_s,
            progress=progress,
        )
        # Before the disk is touched: where there is neither a network nor a store that can be written, the network is
        # what `auto` can do without.
        probe(request)
        with _private_folder(self.folder, needed_bytes=file.bytes) as folder:
            received = download(request, folder)
            result = read_checksum(received, file)
            if not result.good:
                raise VerificationError(
                    f"cannot fetch {request}: wrong bytes: {result.problem}; they were deleted and nothing was "
                    "installed. Try again; if it stays so, that endpoint serves another file"
                )
            return _move_into_place(received, self._own_path(card, file))

    def stage(self, *, needed_bytes: int) -> AbstractContextManager[Path]:
        """Return a new folder on the store's disk to make a model in; it is gone when the block ends.

        Raises:
            FetchError: The store cannot be written, or has less than ``needed_bytes`` free.
        """
        return _private_folder(self.folder, needed_bytes=needed_bytes)

    def install(self, card: ModelSpec, network: Path) -> Path:
        """Return the path in the store of a network that was made on this machine, after moving it and its card there.

        Args:
            card: What it is; its file ``model`` pins the bytes of ``network``.
            network: The file, inside ``stage``.

        Raises:
            VerificationError: ``network`` is not the file that ``card`` pins.
            OutputError: The card cannot be written.
        """
        result = read_checksum(network, card.file())
        if not result.good:
            raise VerificationError(f"{network.name} is not the network of {card.id}: {result.problem}")
        card_path = self.folder / card.id / f"{card.id}.toml"
        before = self._own_network(card_path)
        path = _move_into_place(network, self._own_path(card, card.file()))
        save_card(card, card_path)
        if before not in (None, path):
            with suppress(OSError):  # a file that another process has open is left to lie
                before.unlink()
                before.parent.rmdir()
        return path

    def _own_network(self, card_path: Path) -> Path | None:
        try:
            card = load_card(card_path)
        except (CardError, OSError):
            return None
        return self._own_path(card, card.file()) if not card.needs_conversion else None

    def _own_card_paths(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("*/*.toml") if path.stem == path.parent.name)

    def _own_path(self, card: ModelSpec, file: ModelFile) -> Path:
        # The pin is part of the path: the files of two editions of a card never stand in each other's way.
        return self.folder / card.id / file.sha256[:12] / file.name

    def _candidates(self, card: ModelSpec, file: ModelFile) -> Iterator[tuple[Place, Path]]:
        if card.source.origin is Origin.BUNDLED:
            yield Place.BUNDLED, self.bundled_folder / file.path
        yield Place.STORE, self._own_path(card, file)
        if card.source.hub is not None:
            # The layout is documented, so the cache is read without importing huggingface_hub.
            # Source: https://huggingface.co/docs/huggingface_hub/guides/manage-cache
            name = card.source.hub.repository.replace("/", "--")
            repository = self.environment.hub_cache / f"models--{name}"
            yield Place.HUB_CACHE, repository / "snapshots" / card.source.hub.revision / file.path


def title(card: ModelSpec, variant: str = "model") -> str:
    """Return what a message calls a file of a model: its id, and the variant unless it is the usual one."""
    return card.id if variant == "model" else f"{card.id} (variant {variant})"


def remedy(card: ModelSpec, variant: str = "model", *, force: bool = False) -> str:
    """Return what to do about a file that is missing, or damaged if ``force``: the command that fetches it."""
    if card.quantized is not None:
        return f"make it again: nearfar models optimize {card.quantized.base} --overwrite"
    if card.source.origin is Origin.IMPORTED:
        return f"import it again from its file: nearfar models import FILE --id {card.id} --overwrite"
    if card.source.origin is not Origin.HUB:
        return "it is part of nearfar's package, so install nearfar again"
    options = ("" if variant == "model" else f" --variant {variant}") + (" --force" if force else "")
    return f"fetch it with: nearfar models fetch {card.id}{options}"


def _merge_cards(shipped_card: ModelSpec | None, own: ModelSpec) -> ModelSpec | None:
    """Return the card that is valid where a card in the store has the id of one that comes with nearfar, if any is.

    All but the graph made here is nearfar's to say; and a graph made from another edition of the checkpoint is not it.
    """
    if shipped_card is None:
        return own
    if own.derivation is None or not shipped_card.needs_conversion:
        return None
    if own.derivation.sha256 != shipped_card.file("checkpoint").sha256:
        return None
    return replace(shipped_card, files=(own.file(), *shipped_card.files), derivation=own.derivation)


def _describe_damage(located: Located, result: ChecksumResult) -> str:
    card, variant = located.card, located.file.variant
    return f"{title(card, variant)} is damaged: {located.path}: {result.problem}; {remedy(card, variant, force=True)}"


@contextmanager
def _private_folder(store_folder: Path, *, needed_bytes: int) -> Iterator[Path]:
    """Yield a new folder inside ``store_folder``, which is gone afterwards, whatever happens.

    Two processes that fetch the same file never share one; the later rename replaces the same bytes by the same.

    Raises:
        FetchError: The store cannot be written, or its disk has less than ``needed_bytes`` free.
    """
    try:
        store_folder.mkdir(parents=True, exist_ok=True)
        _sweep(store_folder)
        _require_room(store_folder, needed_bytes)
        with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=store_folder, ignore_cleanup_errors=True) as name:
            yield Path(name)
    except FetchError:
        raise
    except OSError as error:
        raise FetchError(
            f"cannot write the model store {store_folder}: {os_reason(error)}; "
            "set NEARFAR_HOME to a folder that can be written"
        ) from error


def _move_into_place(received: Path, target: Path) -> Path:
    """Return ``target`` after moving the verified file ``received`` there, so that it survives a loss of power."""
    with received.open("rb+") as stream:
        os.fsync(stream.fileno())
    target.parent.mkdir(parents=True, exist_ok=True)
    received.replace(target)
    if os.name == "posix":  # elsewhere a folder cannot be opened
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return target


def _require_room(folder: Path, needed_bytes: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise FetchError(
            f"the model needs {needed_bytes:,} bytes, and the disk of {folder} has {free:,} free: "
            "make room, or set NEARFAR_HOME to a folder with more"
        )


def _sweep(folder: Path) -> None:
    """Remove what processes that were killed a day ago or earlier left behind."""
    for left_over in folder.glob(f"{_PREFIX}*"):
        if time.time() - left_over.stat().st_mtime > _LEFT_OVER_S:
            shutil.rmtree(left_over, ignore_errors=True)
