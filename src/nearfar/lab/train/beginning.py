"""How a run begins: drawn weights or earlier ones, and the record of where they come from."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import torch
from torch import Tensor

from nearfar.errors import OptionError
from nearfar.lab.train.checkpoint import Checkpoint, Counters
from nearfar.lab.train.config import Budget, TrainingConfig
from nearfar.lab.train.growth import can_deepen, deepened
from nearfar.lab.train.networks import NetConfig, network_of
from nearfar.lab.train.origin import code_origin, machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """The weights that a run starts from, if not from drawn ones.

    Attributes:
        net: Which network they are of.
        weights: By name.
        said: Where they come from, in a few words.
        foreign: What they learnt from besides rendered scenes, in a few words; "" if nothing.
    """

    net: NetConfig
    weights: Mapping[str, Tensor]
    said: str
    foreign: str = ""

    @classmethod
    def of_run(cls, parent: Checkpoint) -> "Beginning":
        """Return the average of an earlier run."""
        said = f"{parent.counters.pictures} pictures by the code {parent.origin['code_sha256']}"
        return cls(net=parent.config.net, weights=parent.average, said=said, foreign=_foreign(parent))


def start(
    config: TrainingConfig,
    budget: Budget,
    *,
    beginning: Beginning | None = None,
    origin: Mapping[str, str] = MappingProxyType({}),
) -> Checkpoint:
    """Return the checkpoint before the first step: random weights from the run's seed, or those of ``beginning``.

    Args:
        config: The settings.
        budget: How long the run shall be.
        beginning: The first weights; a network of fewer blocks is deepened.
        origin: What else is to be kept of where the run came from.

    Raises:
        OptionError: The first weights are of another network.
    """
    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        network = network_of(config.net)
        random_state = torch.get_rng_state()
    said = {**code_origin(), "machine": machine(), **origin}
    if beginning is not None:
        network.load_state_dict(_fitting(beginning, config.net))
        said["parent"] = beginning.said
        if beginning.foreign:
            said["foreign"] = beginning.foreign
    return Checkpoint(
        config=config,
        budget=budget,
        counters=Counters(),
        network=network.state_dict(),
        average=copy.deepcopy(network.state_dict()),
        optimizer={},
        random_state=random_state,
        origin=said,
    )


def going_on(checkpoint: Checkpoint, budget: Budget) -> Checkpoint:
    """Return a run that is resumed, for a length; its origin says so if that, the code or the machine is another."""
    here = {**code_origin(), "machine": machine()}
    changed = [f"{name} {value}" for name, value in here.items() if checkpoint.origin.get(name) != value]
    if budget != checkpoint.budget:
        changed.append(budget.option)
    if not changed:
        return checkpoint
    said = f"after {checkpoint.counters.pictures} pictures: {', '.join(changed)}"
    before = checkpoint.origin.get("resumed")
    origin = {**checkpoint.origin, "resumed": f"{before}; {said}" if before else said}
    return replace(checkpoint, budget=budget, origin=origin)


def _foreign(parent: Checkpoint) -> str:
    """Return what a run and those before it learnt from besides rendered scenes."""
    origin, before = parent.origin, parent.origin.get("foreign", "")
    verb = origin.get("verb", "open")
    if verb == "open":
        return before
    teacher = f", teacher {origin['teacher']}" if "teacher" in origin else ""
    own = f"nearfar train {verb}{teacher}, photographs {origin.get('data', 'unknown')}"
    return f"{before}; {own}" if before else own


def _fitting(beginning: Beginning, wanted: NetConfig) -> Mapping[str, Tensor]:
    if beginning.net == wanted:
        return beginning.weights
    if can_deepen(beginning.net, wanted):
        return deepened(beginning.weights, beginning.net, wanted.depth)
    raise OptionError(f"the earlier run's network is another: {beginning.net}, not {wanted}")
