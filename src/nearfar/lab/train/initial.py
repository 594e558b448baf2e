"""The initial weights of a run, random or earlier ones, and the record of where they come from."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import torch
from torch import Tensor

from nearfar.errors import OptionError
from nearfar.lab.train.checkpoint import Checkpoint, Counters
from nearfar.lab.train.config import Budget, TrainingConfig
from nearfar.lab.train.networks import NetConfig, build_network
from nearfar.lab.train.record import code_origin, summarize_machine
from nearfar.net.open import OpenNetConfig

_BLOCKS = "blocks."
_OUTPUT_LAYERS = (
    "projection.weight",
    "projection.bias",
    "narrow.weight",
    "narrow.bias",
)  # what a block adds passes these


@dataclass(frozen=True, slots=True, kw_only=True)
class InitialWeights:
    """The weights that a run starts from, if not from drawn ones.

    Attributes:
        net: Which network they are of.
        weights: By name.
        source: Where they come from, in a few words.
        foreign: What they learnt from besides rendered scenes, in a few words; "" if nothing.
    """

    net: NetConfig
    weights: Mapping[str, Tensor]
    source: str
    foreign: str = ""

    @classmethod
    def from_run(cls, parent: Checkpoint) -> "InitialWeights":
        """Return the average of an earlier run."""
        source = f"{parent.counters.pictures} pictures by the code {parent.origin['code_sha256']}"
        return cls(net=parent.config.net, weights=parent.average, source=source, foreign=_describe_foreign_data(parent))


def new_run(
    config: TrainingConfig,
    budget: Budget,
    *,
    initial: InitialWeights | None = None,
    origin: Mapping[str, str] = MappingProxyType({}),
) -> Checkpoint:
    """Return the checkpoint before the first step: random weights from the run's seed, or the ``initial`` ones.

    Args:
        config: The settings.
        budget: How long the run shall be.
        initial: The initial weights; a network of fewer blocks is expanded.
        origin: What else is to be kept of where the run came from.

    Raises:
        OptionError: The initial weights are of another network.
    """
    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        network = build_network(config.net)
        random_state = torch.get_rng_state()
    known = {**code_origin(), "machine": summarize_machine(), **origin}
    if initial is not None:
        network.load_state_dict(_match_network(initial, config.net))
        known["parent"] = initial.source
        if initial.foreign:
            known["foreign"] = initial.foreign
    return Checkpoint(
        config=config,
        budget=budget,
        counters=Counters(),
        network=network.state_dict(),
        average=copy.deepcopy(network.state_dict()),
        optimizer={},
        random_state=random_state,
        origin=known,
    )


def resume_run(checkpoint: Checkpoint, budget: Budget) -> Checkpoint:
    """Return a run to go on with, for a length; its origin notes if that, the code or the machine has changed."""
    here = {**code_origin(), "machine": summarize_machine()}
    changed = [f"{name} {value}" for name, value in here.items() if checkpoint.origin.get(name) != value]
    if budget != checkpoint.budget:
        changed.append(budget.option)
    if not changed:
        return checkpoint
    note = f"after {checkpoint.counters.pictures} pictures: {', '.join(changed)}"
    before = checkpoint.origin.get("resumed")
    origin = {**checkpoint.origin, "resumed": f"{before}; {note}" if before else note}
    return replace(checkpoint, budget=budget, origin=origin)


def can_expand(net: NetConfig, wanted: NetConfig) -> bool:
    """Tell whether a network lacks nothing but transformer blocks of another.

    >>> can_expand(OpenNetConfig(depth=6), OpenNetConfig(depth=10))
    True
    """
    both = isinstance(net, OpenNetConfig) and isinstance(wanted, OpenNetConfig)
    return both and net.depth < wanted.depth and replace(net, depth=wanted.depth) == wanted


def expand_blocks(weights: Mapping[str, Tensor], net: NetConfig, depth: int) -> dict[str, Tensor]:
    """Return weights of a network of ``depth`` blocks that gives exactly what the given one gives.

    The new blocks are copies of those before them, evenly spaced, whose last layers are 0: they add nothing until they
    have learnt to.

    Args:
        weights: By name, of the network of ``net``.
        net: The trained network.
        depth: Blocks wanted, more than there are.

    Source: Wu et al., arXiv 2401.02415, section 3.2 (block expansion).
    """
    extra = depth - net.depth
    order = [(old, False) for old in range(net.depth)] + [(k * net.depth // extra, True) for k in range(extra)]
    expanded = {name: tensor for name, tensor in weights.items() if not name.startswith(_BLOCKS)}
    for new, (old, added) in enumerate(sorted(order)):
        before = f"{_BLOCKS}{old}."
        for name in [name for name in weights if name.startswith(before)]:
            leaf = name.removeprefix(before)
            silent = added and leaf in _OUTPUT_LAYERS
            expanded[f"{_BLOCKS}{new}.{leaf}"] = torch.zeros_like(weights[name]) if silent else weights[name].clone()
    return expanded


def _describe_foreign_data(parent: Checkpoint) -> str:
    """Return what a run and those before it learnt from besides rendered scenes."""
    origin, before = parent.origin, parent.origin.get("foreign", "")
    verb = origin.get("verb", "open")
    if verb == "open":
        return before
    teacher = f", teacher {origin['teacher']}" if "teacher" in origin else ""
    own = f"nearfar train {verb}{teacher}, photographs {origin.get('data', 'unknown')}"
    return f"{before}; {own}" if before else own


def _match_network(initial: InitialWeights, wanted: NetConfig) -> Mapping[str, Tensor]:
    if initial.net == wanted:
        return initial.weights
    if can_expand(initial.net, wanted):
        return expand_blocks(initial.weights, initial.net, wanted.depth)
    raise OptionError(f"the earlier run's network is another: {initial.net}, not {wanted}")
