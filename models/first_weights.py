"""The first weights of each sort of layer, and which layers begin as torch makes them.

The body of each function is printed as code too: it uses `module` and `generator`, and torch alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import nn

from models.layers.convolution.dirac import DiracConv2d
from models.layers.heads.output import OutputModule

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

WITH_BIAS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d, nn.ConvTranspose2d)
"""Layers whose biases begin at 0."""


@dataclass(frozen=True)
class Rule:
    """How layers of some classes begin: `fill` draws their weights from a generator.

    as_built: they begin as their constructor makes them.
    """

    classes: tuple[type[nn.Module], ...]
    fill: Callable[[Any, torch.Generator], None]
    as_built: bool = False


def fill_output(module: Any, generator: torch.Generator) -> None:
    """Near zero, so that at first every answer is about as likely."""
    nn.init.normal_(module.weight, std=0.01, generator=generator)


def fill_linear(module: Any, generator: torch.Generator) -> None:
    """Uniform by the numbers of inputs and outputs (Glorot & Bengio 2010)."""
    nn.init.xavier_uniform_(module.weight, generator=generator)


def fill_transposed(module: Any, generator: torch.Generator) -> None:
    """Normal by fan-in, which is the first axis here, so that torch calls it the fan-out."""
    nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu", generator=generator)


def fill_convolution(module: Any, generator: torch.Generator) -> None:
    """Normal by fan-in (He et al. 2015, arXiv:1502.01852)."""
    nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)


def fill_dirac(module: Any, generator: torch.Generator) -> None:
    """Normal by fan-in; the first filters pass on a channel each (arXiv:1706.00388)."""
    nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
    nn.init.dirac_(module.weight[: module.in_channels])


def fill_embedding(module: Any, generator: torch.Generator) -> None:
    """Normal with a deviation of 0.02, and 0 for the padding."""
    nn.init.normal_(module.weight, std=0.02, generator=generator)
    if module.padding_idx is not None:
        module.weight[module.padding_idx].zero_()


def fill_norm(module: Any, generator: torch.Generator) -> None:  # noqa: ARG001 - of all rules
    """Factor 1, offset 0."""
    module.reset_parameters()


def fill_recurrent(module: Any, generator: torch.Generator) -> None:
    """Uniform, gate by gate; an LSTM begins by remembering (Jozefowicz et al. 2015)."""
    weights = dict(module.named_parameters())
    into_gates = weights["weight_ih_l0"]
    for gate in into_gates.chunk(into_gates.shape[0] // module.hidden_size):
        nn.init.xavier_uniform_(gate, generator=generator)

    bound = module.hidden_size**-0.5
    nn.init.uniform_(weights["weight_hh_l0"], -bound, bound, generator=generator)
    nn.init.zeros_(weights["bias_ih_l0"])
    nn.init.zeros_(weights["bias_hh_l0"])

    # The bias of the forget gate, the second of an LSTM's four, is 1.
    if isinstance(module, nn.LSTM):
        nn.init.ones_(weights["bias_ih_l0"][module.hidden_size : 2 * module.hidden_size])


RULES = (
    Rule((OutputModule,), fill_output),
    Rule((nn.Linear,), fill_linear),
    Rule((nn.ConvTranspose1d, nn.ConvTranspose2d), fill_transposed),
    Rule((DiracConv2d,), fill_dirac),
    Rule((nn.Conv1d, nn.Conv2d), fill_convolution),
    Rule((nn.Embedding,), fill_embedding),
    Rule(
        (nn.LayerNorm, nn.RMSNorm, nn.GroupNorm, nn.BatchNorm1d, nn.BatchNorm2d),
        fill_norm,
        as_built=True,
    ),
    Rule((nn.RNNBase,), fill_recurrent),
)
"""The first rule that fits a layer holds."""


def rule_of(module: nn.Module) -> Rule | None:
    """Returns how a layer begins; None for one that says it itself, or has no weights."""
    return next((rule for rule in RULES if isinstance(module, rule.classes)), None)
