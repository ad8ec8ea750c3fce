"""The moving parts of a script: training and the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.compute.evaluation import EVALUATION
from app.engine.compute.randomness import AUGMENTATION, NETWORK, ORDER
from app.engine.export.script import live_changes
from app.engine.export.script.parts import block, optimizer_call
from models.code.calls import literal

if TYPE_CHECKING:
    from app.engine.export.script.parts import Parts


CHANNELS_LAST = (
    "# Convolutions over pictures are faster with the channels last in memory.",
    "network.to(memory_format=torch.channels_last)",
)


def seed_constants(parts: Parts) -> str:
    """Returns the numbers that tell the purposes of random numbers apart."""
    constants = {"ORDER": ORDER}
    if parts.draws:
        constants["EXAMPLES"] = AUGMENTATION
    if parts.source.network_draws:
        constants["NETWORK"] = NETWORK
    if parts.source.loss_function.compares or parts.task.draws:
        constants["EVALUATION"] = EVALUATION

    lines = [f"{name} = {value}" for name, value in constants.items()]
    return "\n".join(["# What random numbers are for: each purpose has a seed of its own.", *lines])


# --- training


def training(parts: Parts) -> str:
    """Returns the functions that cut an epoch into batches, and that train."""
    begin, rates, step, zero = _optimizers(parts)
    best, patience = _best(parts), _patience(parts)
    before = [
        "initialise(network, torch.Generator().manual_seed(SEED))"
        if parts.start is None
        else "network.load_state_dict(load_file(START))",
        *(CHANNELS_LAST if parts.source.has_pictures else []),
        *begin,
        *([parts.schedule.begin] if parts.schedule.begin else []),
        *(["generator = torch.Generator()"] if parts.draws else []),
        'training = SPLITS["training"]',
        "step = 0",
        *best.begin,
        *patience.begin,
        "",
        "for epoch in range(1, EPOCHS + 1):",
    ]
    order = [
        "network.train()",
        "shuffle = torch.Generator().manual_seed(mix_seed(SEED, ORDER, epoch))",
        "order = torch.randperm(len(training), generator=shuffle)",
    ]
    if parts.has_runs:
        order.append(f"order = runs_of_classes(order, {parts.targets}[training])")

    after = [
        'validation_loss, figure = evaluate(network, "validation")',
        f'result = f"loss {{validation_loss:.4f}}, {parts.task.figure[0]} {{figure:.4f}}"',
        'print(f"epoch {epoch:>4}: validation {result}", flush=True)',
        *best.after,
        *([parts.schedule.after_epoch] if parts.schedule.after_epoch else []),
        *patience.after,
    ]
    return (
        _batches(parts)
        + "def train(network: Network, steps: int | None = None) -> dict[str, torch.Tensor]:\n"
        '    """Trains the network; returns its weights as they were after the best epoch.\n\n'
        '    steps: so many and no more, with the loss of each printed.\n    """\n'
        + block(before, 4)
        + block(order, 8)
        + "        for rows in batches(training[order]):\n"
        + block(_step(parts, rates, step, zero), 12)
        + "\n"
        + block(after, 8)
        + "\n    return best\n"
    )


def _step(parts: Parts, rates: list[str], step: list[str], zero: list[str]) -> list[str]:
    """Returns the lines of a step, for the examples `rows`.

    rates, step, zero: see _optimizers.
    """
    begin = []
    if parts.draws:
        begin.append("generator.manual_seed(mix_seed(SEED, EXAMPLES, epoch, step))")
    if parts.source.network_draws:
        begin.append("torch.manual_seed(mix_seed(SEED, NETWORK, epoch, step))")
    if begin:
        begin.insert(0, "# What is random in a step follows from the seed, epoch and step.")

    begin += rates
    return [
        *([*begin, ""] if begin else []),
        *parts.batch_lines(training=True),
        "",
        *zero,
        *_gradients(parts),
        *_before_step(parts),
        *step,
        "",
        "step += 1",
        "if steps:",
        '    print(f"step {step:>5}  loss {batch_loss.item():.9g}", flush=True)',
        "if step == steps:",
        "    return network.state_dict()",
    ]


def _batches(parts: Parts) -> str:
    """Returns the function that cuts the order of an epoch into batches."""
    head = "def batches(order: torch.Tensor) -> list[torch.Tensor]:\n"
    if not parts.source.one_is_left_over:
        return (
            f'{head}    """Cuts the order of an epoch into batches."""\n'
            "    return list(order.split(BATCH_SIZE))\n\n\n"
        )

    return (
        f'{head}    """Cuts the order of an epoch into batches.\n\n'
        "    The last one takes in a single example that is left over: normalising over a batch\n"
        '    needs two.\n    """\n'
        "    cut = list(order.split(BATCH_SIZE))\n"
        "    last = cut.pop()\n"
        "    return [*cut[:-1], torch.cat([cut[-1], last])]\n\n\n"
    )


def _optimizers(parts: Parts) -> tuple[list[str], list[str], list[str], list[str]]:
    """Returns lines: what builds the optimizer, sets its rate, steps, and forgets gradients."""
    live = parts.source.live
    rate = " * ".join(
        filter(None, ("PEAK_RATE", parts.schedule.factor, live.value(live_changes.RATE)))
    )
    set_rate = ["for group in optimizer.param_groups:", f'    group["lr"] = {rate}']
    if rate == "PEAK_RATE":
        set_rate = []

    if len(parts.optimizers) == 1:
        ((name, arguments),) = [(each.torch_name, each.arguments) for each in parts.optimizers]
        first = "parameter_groups(network)" if parts.divides else "network.parameters()"
        begin = [f"optimizer = {optimizer_call(name, first, arguments, parts.divides)}"]
        rates = [*live.step_lines("optimizer.param_groups", not parts.divides), *set_rate]
        step = ["optimizer.step()"]
        if _scales(parts):
            begin.append('scaler = torch.amp.GradScaler("cpu")')
            step = ["scaler.step(optimizer)", "scaler.update()"]

        return begin, rates, step, ["optimizer.zero_grad()"]

    calls = [
        optimizer_call(
            each.torch_name, f"parameter_groups(network, {each.matrices})", each.arguments, True
        )
        for each in parts.optimizers
    ]
    groups = "[group for optimizer in optimizers for group in optimizer.param_groups]"
    rates = live.step_lines(groups, not parts.divides)
    if set_rate:
        rates += ["for optimizer in optimizers:", *(f"    {line}" for line in set_rate)]

    return (
        [f"optimizers = [{', '.join(calls)}]"],
        rates,
        ["for optimizer in optimizers:", "    optimizer.step()"],
        ["network.zero_grad()"],
    )


def _scales(parts: Parts) -> bool:
    """Returns whether the loss is scaled, so that small gradients do not vanish."""
    return parts.source.precision == "float16"


def _before_step(parts: Parts) -> list[str]:
    """Returns the lines between the gradients and the step of the optimizer."""
    lines = ["scaler.unscale_(optimizer)"] if _scales(parts) else []
    clip = parts.source.resolved.training.gradient_clip
    now = parts.source.live.value(live_changes.CLIP)
    if now:
        lines += [f"if {now}:", f"    nn.utils.clip_grad_norm_(network.parameters(), {now})"]
    elif clip:
        lines.append(f"nn.utils.clip_grad_norm_(network.parameters(), {clip!r})")

    return lines


def _gradients(parts: Parts) -> list[str]:
    """Returns the lines of the forward and backward pass, in parts where the run took parts."""
    source = parts.source
    autocast = f'with torch.autocast("cpu", dtype=torch.{source.precision}):'
    smoothing = source.live.value(live_changes.SMOOTHING)
    extra = f", {smoothing}" if smoothing else ""
    scaled = ("scaler.scale(", ")") if _scales(parts) else ("", "")
    if source.resolved.training.accumulation == 1:
        forward = f"batch_loss = loss({parts.call}, {_repeated(parts, 'targets')}{extra})"
        lines = [autocast, f"    {forward}"] if source.is_mixed else [forward]
        return [*lines, f"{scaled[0]}batch_loss{scaled[1]}.backward()"]

    size = -(-source.step_size // source.resolved.training.accumulation)
    inputs = "inputs[part]" if len(parts.halves) == 1 else "*(half[part] for half in inputs)"
    weight = parts.loss.weight.replace("targets", "targets[part]")
    repeated = _repeated(parts, "targets[part]")
    forward = f"part_loss = loss(network({inputs}), {repeated}{extra}) * share"
    return [
        "# The gradients of several small batches add up to those of one.",
        f"count = batch_count(len(targets), {size})",
        "batch_loss = torch.zeros(())",
        "for index in range(count):",
        "    part = slice(index * len(targets) // count, (index + 1) * len(targets) // count)",
        f"    share = {weight} / {parts.loss.weight}",
        *([f"    {autocast}", f"        {forward}"] if source.is_mixed else [f"    {forward}"]),
        f"    {scaled[0]}part_loss{scaled[1]}.backward()",
        "    batch_loss += part_loss.detach()",
    ]


def _repeated(parts: Parts, targets: str) -> str:
    """Returns the targets as often as the network answers: its members learn together."""
    times = parts.source.answers_each
    return targets if times == 1 else f"torch.cat([{targets}] * {times})"


class _Lines:
    """Lines before the first step, and after each validation."""

    def __init__(self, begin: list[str], after: list[str]) -> None:
        self.begin = begin
        self.after = after


def _best(parts: Parts) -> _Lines:
    """Returns what keeps the weights of the best epoch."""
    keep = "    best = copy.deepcopy(network.state_dict())"
    if parts.source.resolved.training.best_by == "loss":
        return _Lines(
            ["best, best_loss = {}, math.inf"],
            ["if validation_loss < best_loss:", "    best_loss = validation_loss", keep],
        )

    sign = "" if parts.source.task.headline.better == "higher" else "-"
    return _Lines(
        ["best, best_rank = {}, (-math.inf, -math.inf)"],
        [
            "# The loss decides between equal figures.",
            f"rank = ({sign}figure, -validation_loss)",
            "if rank > best_rank:",
            "    best_rank = rank",
            keep,
        ],
    )


def _patience(parts: Parts) -> _Lines:
    """Returns what ends the training early; no lines where nothing does."""
    training = parts.source.resolved.training
    if not training.patience:
        return _Lines([], [])

    reference = f"reference - {training.min_delta!r}" if training.min_delta else "reference"
    return _Lines(
        ["waited, reference = 0, math.inf"],
        [
            f"if validation_loss < {reference}:",
            "    waited, reference = 0, validation_loss",
            "else:",
            "    waited += 1",
            f"if waited == {training.patience}:",
            "    break",
        ],
    )


# --- the command line


def main(parts: Parts) -> str:
    """Returns the digest of the weights, and the function that runs it all."""
    order = parts.order_of_weights
    weights = "" if order is None else f"WEIGHTS = {literal(order)}\n\n\n"
    names = "sorted(state)" if order is None else "WEIGHTS"
    whose = "their names" if order is None else "the names of the blocks of the run"
    split = "test" if len(parts.source.dataset.indices.get("test", ())) else "validation"
    figure = parts.task.figure[0]
    return (
        f"{weights}def sha256(network: Network) -> str:\n"
        '    """Returns the SHA-256 of all weights and averages, in the order of '
        f'{whose}."""\n'
        "    digest = hashlib.sha256()\n"
        "    state = network.state_dict()\n"
        f"    for name in {names}:\n"
        "        digest.update(state[name].contiguous().numpy().tobytes())\n\n"
        "    return digest.hexdigest()\n\n\n"
        "def main() -> None:\n"
        '    """Trains the network, or takes weights, and judges it."""\n'
        "    parser = argparse.ArgumentParser()\n"
        '    parser.add_argument("--weights", help="a .safetensors file: judge, do not train")\n'
        '    parser.add_argument("--steps", type=int, help="print the losses of so many steps")\n'
        "    arguments = parser.parse_args()\n\n"
        "    torch.set_num_threads(THREADS)\n"
        "    network = Network()\n"
        "    if arguments.weights:\n"
        "        best = load_file(arguments.weights)\n"
        "        network.load_state_dict(best)\n"
        "    else:\n"
        "        best = train(network, arguments.steps)\n\n"
        "    digest = sha256(network)\n"
        "    if not arguments.steps:\n"
        "        network.load_state_dict(best)\n"
        f'        loss_of_split, figure = evaluate(network, "{split}")\n'
        f'        print(f"{split} loss {{loss_of_split:.4f}}, {figure} {{figure:.4f}}")\n\n'
        '    print(f"SHA-256 of the weights: {digest}")\n\n\n'
        'if __name__ == "__main__":\n'
        "    main()\n"
    )
