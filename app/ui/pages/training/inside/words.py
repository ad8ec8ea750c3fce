"""The words beside the plots: the formula of a step with live figures, its parts, observations.

They are for someone who has just heard of it for the first time. Plain data in, rich text out; no
Qt.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from app.engine.text import UNKNOWN, number_text, times_text
from app.ui.plots.optimizer.quantities import ALL

if TYPE_CHECKING:
    from app.engine.learning.optimizer import Optimizer
    from app.engine.runs.events import OptimizerMeasured
    from app.ui.state.optimizer_history import OptimizerHistory

SIGNS = {quantity.key: quantity.sign for quantity in ALL} | {
    "rate": "lr",
    "decay": "decay",
    "epsilon": "ε",
    "momentum": "β",
}
FAST = 1 / 50
"""A step is much above this share of the weights."""

USUAL = 1 / 5_000
"""It is little below this share."""

SLOW = 1 / 30_000
"""It is hardly anything below this share."""

FADED = 1 / 300
"""A gradient has faded below this share of the last layer's."""


@dataclass(frozen=True)
class StepLine:
    """A step of one weight in figures.

    symbols, figures: the same formula; "" where the step is not computed but measured.
    """

    symbols: str
    figures: str
    result: str


def figure(value: float) -> str:
    """Returns a number in a formula, with a true minus sign: 0.0123, −0.52, 3.2·10⁻⁸."""
    if not math.isfinite(value):
        return UNKNOWN

    return number_text(value).replace("-", "−")


def title_of(choice: Optimizer | None) -> str:
    """Returns the title of the view, such as "Inside AdamW"; short where the name is long."""
    label = choice.label if choice is not None else ""
    return f"Inside {label.split(' and ')[0].split(' with ')[0]}" if label else "Inside"


def line_of(choice: Optimizer, measured: OptimizerMeasured, row: int) -> StepLine:
    """Returns how the followed weight of this layer was moved in the last measured step."""
    followed = {name: float(values[row]) for name, values in measured.followed.items()}
    known = followed | {
        "rate": measured.rate,
        "epsilon": getattr(choice, "epsilon", 0.0),
        "momentum": getattr(choice, "momentum", 0.0),
    }

    formula = choice.step_formula()
    step = figure(followed.get("step", math.nan))

    names = [name for name in known if f"{{{name}}}" in formula]
    if (
        not formula
        or not all(math.isfinite(known[name]) for name in names)
        or not _filled(formula, known)
    ):
        return StepLine("", "", step)

    words = {name: _bracketed(figure(value)) for name, value in known.items()}
    filled = re.sub(r"\(\((−[^()]*)\)", r"(\1", formula.format_map(words))  # one bracket is enough
    return StepLine(formula.format_map(SIGNS), filled, step)


def _filled(formula: str, known: dict[str, float]) -> bool:
    try:
        formula.format_map(known)
    except KeyError:
        return False
    return True


def _bracketed(text: str) -> str:
    return f"({text})" if text.startswith("−") else text


def movement_of(choice: Optimizer, measured: OptimizerMeasured, row: int) -> str:
    """Returns where that weight went, and what decay took of it besides."""
    weight = float(measured.followed["weight"][row])
    step = float(measured.followed["step"][row])
    share = (
        measured.rate * float(measured.followed["decay"][row]) if choice.decoupled_decay else 0.0
    )

    now = weight - step - share * weight
    text = f"The weight was {_digits(weight, step)} and is {_digits(now, step)}."
    if share:
        text += (
            f" Of that, weight decay took lr × decay = {figure(share)} of the weight itself: "
            f"{figure(share * weight)}."
        )

    return text


def _digits(value: float, step: float) -> str:
    """Returns a weight with so many digits that its step can be seen in them."""
    if not math.isfinite(value) or not math.isfinite(step):
        return UNKNOWN

    decimals = min(9, max(2, 2 - math.floor(math.log10(abs(step))))) if step else 4
    return f"{value:.{decimals}f}".replace("-", "−")


def parts_of(choice: Optimizer, measured: OptimizerMeasured, row: int) -> list[tuple[str, str]]:
    """Returns (sign, sentence) for each part that this optimizer has of this layer."""
    quantities = {name for name, sizes in measured.sizes.items() if math.isfinite(sizes[row])}
    parts = [
        (
            "g",
            "gradient: which way is uphill for this batch, and how steep. It jumps from batch "
            "to batch, and differs a lot between layers.",
        )
    ]
    if "first_moment" in quantities:
        parts.append(("m", _first_moment(choice, "second_moment_root" in quantities)))
    if "second_moment_root" in quantities:
        parts.append(("√v", _second_moment(choice)))

    if {
        "first_moment",
        "second_moment_root",
    } <= quantities and "{second_moment_root}" in choice.step_formula():
        parts.append(
            (
                "m / √v",
                "is near 1 where the gradients agree and near 0 where they contradict one another, "
                "in every layer alike. So lr alone says how far a step goes.",
            )
        )

    return parts


def _first_moment(choice: Optimizer, beside_second: bool) -> str:
    names = ("beta1", "momentum") if beside_second else ("momentum", "beta1")
    back = _back(next((value for name in names if (value := getattr(choice, name, None))), None))

    of = f" of about the last {back}" if back else ""
    if choice.first_moment_is_sum:
        return (
            f"first moment: a running sum of the gradients{of}. What they agree on adds up, noise "
            "cancels."
        )

    start = (
        ", corrected for its start at zero (m-hat)"
        if beside_second and choice.bias_corrected
        else ""
    )
    return (
        f"first moment: the average of the gradients{of}{start}. What they agree on stays, noise "
        "cancels."
    )


def _second_moment(choice: Optimizer) -> str:
    if choice.second_moment_is_sum:
        return (
            "root of the sum of all squared gradients so far: it only grows, so steps only shrink."
        )

    back = _back(getattr(choice, "beta2", None) or getattr(choice, "alpha", None))
    of = f" over about the last {back}" if back else ""
    start = "; corrected likewise (v-hat)" if choice.bias_corrected else ""

    return (
        f"root of the second moment: how large gradients usually were{of}, whatever their "
        f"direction{start}."
    )


def _back(beta: float | None) -> str:
    return f"{round(1 / (1 - beta)):,}" if beta and beta < 1 else ""


# --- what one sees now


def observations(choice: Optimizer, history: OptimizerHistory, row: int) -> list[str]:
    """Returns what the figures of the last measurement say, the most telling first."""
    measured = history.latest
    if measured is None:
        return []

    found = [
        _spread(choice, measured),
        _ratio(measured, row),
        _fading(measured),
        _grown(choice, history),
    ]
    return [text for text in found if text]


def _spread(choice: Optimizer, measured: OptimizerMeasured) -> str:
    if len(measured.layers) < 2:
        return ""

    gradients = _factor(measured.sizes["gradient"])
    steps = _factor(measured.sizes["step"])
    if not (gradients and steps):
        return ""

    text = (
        f"From layer to layer the gradients differ by a factor of {times_text(gradients)}, the "
        f"steps by {times_text(steps)}"
    )
    everywhere = bool(
        np.isfinite(measured.sizes.get("second_moment_root", np.array([np.nan]))).all()
    )
    if gradients > 3 * steps and everywhere:
        return f"{text}: what is divided by √v is alike everywhere."
    if choice.steps_follow_weights:
        return f"{text}: a layer's step goes with the size of its weights."
    if "second_moment_root" not in measured.sizes and steps > 3:
        return f"{text}: nothing evens them out, so one learning rate has to do for all."

    return f"{text}."


def _factor(sizes: np.ndarray) -> float:
    there = sizes[np.isfinite(sizes) & (sizes > 0)]
    return float(there.max() / there.min()) if len(there) > 1 else 0.0


def _ratio(measured: OptimizerMeasured, row: int) -> str:
    step = float(measured.sizes["step"][row])
    weight = float(measured.sizes["weight"][row])
    if not (step > 0 and weight > 0):
        return ""

    share = step / weight
    text = f"A step moves {measured.layers[row]} by {share_text(share)} of the size of its weights"
    if share > FAST:
        return f"{text}. That is much; about 1/1,000 is usual. A lower learning rate is calmer."
    if share < SLOW:
        return f"{text}: it hardly moves. About 1/1,000 is usual while a network learns."
    if share < USUAL:
        return f"{text}; about 1/1,000 is usual, less in a warm-up and late in a schedule."

    return f"{text}; about 1/1,000 is usual."


def share_text(share: float) -> str:
    """Returns a small share as "1/4,300", with two digits that count."""
    times = 1 / share
    digits = max(0, math.floor(math.log10(times)) - 1) if times >= 1 else 0
    return f"1/{round(times, -digits):,.0f}" if times >= 1.5 else f"{share:.1f} times"


def _fading(measured: OptimizerMeasured) -> str:
    sizes = measured.sizes["gradient"]
    there = np.flatnonzero(np.isfinite(sizes))
    if len(there) < 3:
        return ""

    first = sizes[there[0]]
    last = sizes[there[-1]]
    if first >= FADED * last:
        return ""

    evened = (
        "second_moment_root" in measured.sizes
        and measured.sizes["step"][there[0]] > 0.1 * measured.sizes["step"][there[-1]]
    )
    after = (
        " Its steps are as large as the others all the same." if evened else " So it hardly learns."
    )
    share = share_text(first / last) if first > 0 else "nothing"
    name = measured.layers[there[0]]

    return (
        f"The gradient of {name} is {share} of that of the last layer: it vanishes on its way "
        f"back.{after}"
    )


def _grown(choice: Optimizer, history: OptimizerHistory) -> str:
    measured = history.latest
    if measured is None or history.seen < 2:
        return ""

    grown = math.sqrt(
        float((measured.norms**2).sum()) / max(1e-30, float((history.first_norms**2).sum()))
    )
    times = "" if abs(grown - 1) < 0.005 else f"{times_text(grown)} times "

    text = f"All weights together are {times}as long as at the first look"
    if choice.decay_rate() and choice.decoupled_decay:
        return f"{text}. Decay pulls each towards zero in every step, so that they stay bounded."
    if choice.decay_rate() and "second_moment_root" in measured.sizes:
        return (
            f"{text}. Decay is added to the gradient and divided with it: it pulls less where "
            "gradients are large."
        )
    if choice.decay_rate():
        return f"{text}. Decay is added to the gradient, and so pulls towards zero."

    return f"{text}. Nothing pulls them back: they grow as long as steps agree."
