"""One file from the Hugging Face Hub or a mirror of it, through huggingface_hub, which is imported only here.

What is added to it: a first request that gives up within seconds, where the library alone retries for 23; no
telemetry; and errors that tell a missing network from a refusal. The bytes that come back are not yet verified.
"""

import contextlib
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from nearfar.errors import FetchError, OptionError, UnreachableError, VerificationError, os_reason
from nearfar.models.environment import PUBLIC_ENDPOINT
from nearfar.models.schema import HubSource, ModelFile

Result = TypeVar("Result")

# In place of huggingface_hub's own, which lists the versions of Python and torch found on this machine.
_HEADERS = {"user-agent": "nearfar"}
_ABSENT = {401, 404, 410}  # the Hub says 401 of a repository that does not exist
_WEB_ADDRESS = re.compile(r"https?://([^\s/@]*@)?([\w.-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?(/\S*)?")

# huggingface_hub's switches belong to the whole process, so only one download at a time may hold them.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """One file to fetch.

    Attributes:
        file: The file and its pins.
        source: The repository and commit that it is in.
        endpoint: The Hub or a mirror: ``https://huggingface.co``.
        patience_s: How long the first answer may take, name look-up and TLS included. [s]
        progress: Whether a bar may be drawn on stderr, if that is a terminal.
    """

    file: ModelFile
    source: HubSource
    endpoint: str
    patience_s: float
    progress: bool

    def __str__(self) -> str:
        # Without the login that a mirror's address may hold: messages end up in logs.
        return f"{self.file.path} of {self.source.repository} from {re.sub('//[^/@]*@', '//', self.endpoint)}"


def probe(request: Download) -> None:
    """Ask for the file's description, once and briefly, before huggingface_hub begins to retry.

    Raises:
        UnreachableError: There is no network, or no hub at the endpoint, or it did not answer in time.
        FetchError: The hub does not have the file.
        VerificationError: The hub offers a file of another length than the pinned one.
        OptionError: The endpoint is not a web address.
    """
    if _WEB_ADDRESS.fullmatch(request.endpoint) is None:
        raise OptionError(f"HF_ENDPOINT must be a web address such as {PUBLIC_ENDPOINT}, got {request.endpoint!r}")
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    source = request.source
    address = hf_hub_url(source.repository, request.file.path, revision=source.revision, endpoint=request.endpoint)
    with _use_hub(request):
        metadata = _call_within(
            request.patience_s,
            lambda: get_hf_file_metadata(
                address,
                timeout=request.patience_s,
                endpoint=request.endpoint,
                token=_choose_token(request),
                headers=_HEADERS,
            ),
        )
    if metadata.commit_hash is None:
        raise _unreachable_error(request, "the answer is not a hub's (a log-in page or a firewall?)")
    if metadata.size is not None and metadata.size != request.file.bytes:
        raise VerificationError(
            f"{_format_failure(request)}: wrong bytes: expected {request.file.bytes:,}, it offers {metadata.size:,}; "
            "nothing was fetched"
        )


def download(request: Download, folder: Path) -> Path:
    """Return the path of the file that was fetched into ``folder``, its bytes not yet verified.

    Raises:
        UnreachableError: The hub stopped answering.
        FetchError: The hub sent less than it announced, or ``folder`` cannot be written.
    """
    from huggingface_hub import hf_hub_download

    with _use_hub(request):
        return Path(
            hf_hub_download(
                request.source.repository,
                request.file.path,
                revision=request.source.revision,
                endpoint=request.endpoint,
                # A real file and not a link into a cache. The cache is the folder too, so that a damaged file in the
                # user's own cache is not taken for the answer.
                local_dir=folder,
                cache_dir=folder,
                token=_choose_token(request),
                headers=_HEADERS,
            )
        )


@contextlib.contextmanager
def _use_hub(request: Download) -> Iterator[None]:
    """Use huggingface_hub with nearfar's switches and nearfar's errors."""
    with _ONE_AT_A_TIME, _set_switches(progress=request.progress), _translate_errors(request):
        yield


def _call_within(seconds: float, ask: Callable[[], Result]) -> Result:
    """Return what ``ask`` returns; raise TimeoutError when it takes longer than ``seconds``.

    The HTTP client's own timeouts do not cover the look-up of the name, which can hang for half a minute on a network
    that drops packets. The thread is a daemon so that such a look-up does not hold the program's end.
    """
    answer: Future[Result] = Future()

    def work() -> None:
        try:
            answer.set_result(ask())
        except BaseException as error:  # noqa: BLE001 - handed to the caller, as it is
            answer.set_exception(error)

    threading.Thread(target=work, name="nearfar-probe", daemon=True).start()
    return answer.result(timeout=seconds)


def _choose_token(request: Download) -> bool | None:
    """Return False to send no token, or None to send the user's, if there is one.

    The public files need none, it would tell who fetches them, and an expired one makes the Hub refuse. A mirror may
    ask for it.
    """
    return False if request.endpoint == PUBLIC_ENDPOINT else None


@contextlib.contextmanager
def _set_switches(*, progress: bool) -> Iterator[None]:
    """Set huggingface_hub's switches for the time of a download.

    They are module constants read from the environment at import; the user's environment is not ours to change, and
    by now the library may have been imported long ago.
    """
    from huggingface_hub import constants
    from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    switches = {
        # Without this, huggingface_hub 2 asks the Hub for a list of coding agents and reports which one it runs in.
        "HF_HUB_DISABLE_TELEMETRY": True,
        # Xet goes to other hosts than the endpoint (mirrors do not have them), with time limits of its own.
        "HF_HUB_DISABLE_XET": True,
    }
    before = {name: getattr(constants, name) for name in switches}
    bars = "huggingface_hub.http_get"
    silenced = not progress and constants.HF_HUB_DISABLE_PROGRESS_BARS is None and not are_progress_bars_disabled(bars)
    for name, value in switches.items():
        setattr(constants, name, value)
    if silenced:
        disable_progress_bars(bars)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(constants, name, value)
        if silenced:
            enable_progress_bars(bars)


@contextlib.contextmanager
def _translate_errors(request: Download) -> Iterator[None]:
    """Turn the errors of huggingface_hub and of its HTTP client into nearfar's."""
    from huggingface_hub.errors import HfHubHTTPError

    # httpx in huggingface_hub 1, httpx2 in huggingface_hub 2: the base of its own error is that of the client.
    http_error: type[Exception] = HfHubHTTPError.__bases__[0]
    try:
        yield
    except TimeoutError as error:
        raise _unreachable_error(request, f"no answer within {request.patience_s:g} s") from error
    except HfHubHTTPError as error:
        status = error.response.status_code
        if status in _ABSENT:
            raise FetchError(
                f"{_format_failure(request)}: it answered {status}: no such file at revision "
                f"{request.source.revision}; check HF_ENDPOINT if it is set, else a newer "
                "nearfar may know where the file went"
            ) from error
        raise _unreachable_error(request, f"it answered {status} {error.response.reason_phrase}") from error
    except http_error as error:
        raise _unreachable_error(request, str(error) or type(error).__name__) from error
    except OSError as error:
        raise _translate_os_error(error, request) from error


def _translate_os_error(error: OSError, request: Download) -> FetchError:
    if error.errno is not None:
        return FetchError(f"{_format_failure(request)}: cannot write it: {os_reason(error)}")
    # huggingface_hub's own: no file found after its retries (the cause says why), or one that came short.
    reason = str(error.__cause__ or error).partition("\n")[0]
    if isinstance(error, (FileNotFoundError, ConnectionError)):
        return _unreachable_error(request, reason)
    return FetchError(f"{_format_failure(request)}: {reason}")


def _unreachable_error(request: Download, reason: str) -> UnreachableError:
    return UnreachableError(f"{_format_failure(request)}: {reason}; check the network, or set HF_ENDPOINT to a mirror")


def _format_failure(request: Download) -> str:
    return f"cannot fetch {request}"
