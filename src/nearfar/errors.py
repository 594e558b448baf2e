"""Every error that nearfar raises on purpose.

A message says what failed, on which value, and what to do next. Each leaf also inherits the built-in
exception that fits, so ``except ValueError`` and ``except OSError`` work as a caller expects::

    NearfarError
    ├── PictureError (ValueError)             a photograph cannot be read or is not one
    ├── MapError (ValueError)                 a file does not hold a map that can be read
    ├── ArrayError (ValueError)               an array has the wrong shape, dtype or range
    ├── OptionError (ValueError)              a setting, or a mix of settings, makes no sense
    ├── DataError (ValueError)                a data set, or a file of it, is missing or is not in its format
    ├── ModelError
    │   ├── CardError (ValueError)            a model card lacks a row or holds a wrong one
    │   ├── UnknownModelError (LookupError)   no card has this name
    │   ├── ModelMissingError (FileNotFoundError)  the model is known, its file is not on this machine
    │   ├── FetchError (OSError)              a download failed
    │   │   └── UnreachableError              the network, or the place to fetch from, is not there
    │   ├── VerificationError (ValueError)    bytes are not the ones that the card pins
    │   └── GraphError (ValueError)           a file is not a depth network that nearfar can run
    ├── EngineError (RuntimeError)            a runtime or provider is missing, or failed
    ├── OutputError (OSError)                 a result cannot be written
    ├── ExportError (RuntimeError)            an exported graph does not equal its network
    ├── TrainingError (RuntimeError)          a training run cannot start, resume or finish
    └── MissingExtraError (ImportError)       an optional dependency is not installed

Below the tree stand the helpers that every boundary uses to put another library's error into one line.
"""

from importlib.util import find_spec


class NearfarError(Exception):
    """The root: catch this to catch everything that nearfar raises on purpose."""


class PictureError(NearfarError, ValueError):
    """A photograph cannot be read, or what was given is not one."""


class MapError(NearfarError, ValueError):
    """A file does not hold a map that can be read, or not one of the kind that was asked for."""


class ArrayError(NearfarError, ValueError):
    """An array has the wrong shape, dtype or range."""


class OptionError(NearfarError, ValueError):
    """A setting, or a mix of settings, makes no sense."""


class DataError(NearfarError, ValueError):
    """A data set, or a file of it, is missing or is not in its format."""


class ModelError(NearfarError):
    """Something is wrong with a model: its card, its file or its graph."""


class CardError(ModelError, ValueError):
    """A model card lacks a row or holds a wrong one."""


class UnknownModelError(ModelError, LookupError):
    """No card has this name."""


class ModelMissingError(ModelError, FileNotFoundError):
    """The model is known, but its file is not on this machine."""


class FetchError(ModelError, OSError):
    """A download failed."""


class UnreachableError(FetchError):
    """The network, or the place that a model is fetched from, is not there or stopped answering."""


class VerificationError(ModelError, ValueError):
    """Bytes are not the ones that the card pins."""


class GraphError(ModelError, ValueError):
    """A file is not a depth network that nearfar can run."""


class EngineError(NearfarError, RuntimeError):
    """A runtime or provider is missing, or failed while it ran."""


class OutputError(NearfarError, OSError):
    """A result cannot be written."""


class ExportError(NearfarError, RuntimeError):
    """An exported graph does not equal the network that it came from."""


class TrainingError(NearfarError, RuntimeError):
    """A training run cannot start, resume or finish."""


class MissingExtraError(NearfarError, ImportError):
    """An optional dependency is not installed; the message holds the line that installs it."""

    @classmethod
    def of(cls, package: str, *, extra: str, purpose: str) -> "MissingExtraError":
        """Return the error that says which line installs ``package``."""
        return cls(f"{purpose} needs {package}, which is not installed: pip install 'nearfar[{extra}]'")


def one_line(error: BaseException) -> str:
    """Return what an error says on one line; the name of its type if it says nothing.

    Example:
        >>> one_line(ValueError("two   words")), one_line(EOFError())
        ('two words', 'EOFError')
    """
    return " ".join(str(error).split()) or type(error).__name__


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, where a report follows; the name of its type if it says nothing.

    Example:
        >>> first_line(ValueError(f"no such operator{chr(10)}Traceback")), first_line(EOFError())
        ('no such operator', 'EOFError')
    """
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def os_reason(error: BaseException) -> str:
    """Return why the system refused, without the file's name, which messages give themselves.

    Example:
        >>> os_reason(FileNotFoundError(2, "No such file or directory", "photo.jpg"))
        'No such file or directory'
    """
    return getattr(error, "strerror", None) or one_line(error)


def has_package(name: str) -> bool:
    """Return whether a package is installed; it is looked for and not imported.

    Example:
        >>> has_package("numpy"), has_package("no_such_package")
        (True, False)
    """
    # A folder of that name in the working directory has no origin, and is no package.
    spec = find_spec(name)
    return spec is not None and spec.origin is not None


def require_packages(*packages: str, extra: str, purpose: str) -> None:
    """Check that optional packages are installed, without importing them.

    Args:
        packages: Their import names.
        extra: The extra of nearfar that installs them.
        purpose: What needs them, as the message's first words.

    Raises:
        MissingExtraError: One is not installed; the message holds the line that installs it.
    """
    for package in packages:
        if not has_package(package):
            raise MissingExtraError.of(package, extra=extra, purpose=purpose)
