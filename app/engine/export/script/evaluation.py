"""The function of a script that judges the network on a split."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.engine.export.script.parts import block

if TYPE_CHECKING:
    from app.engine.export.script.parts import Parts


def evaluation(parts: Parts) -> str:
    """Returns the function that judges the network on a split."""
    figure = parts.task.figure[0]
    loss = parts.loss
    totals = [f"part = {loss.total}", "total += float(part)", f"weight += float({loss.weight})"]
    if loss.totals:
        totals = [
            f"part, count = {loss.totals}",
            "total += float(part)",
            "weight += float(count)",
        ]
    elif loss.weight == "len(targets)":
        totals[2] = f"weight += {loss.weight}"

    size = parts.source.evaluation_batch
    if parts.source.loss_function.compares:
        order = "mix_seed(EVALUATION, len(examples))"
        begin = [
            "# Examples are compared with those of their batch: not class by class.",
            f"generator = torch.Generator().manual_seed({order})",
            "order = torch.randperm(len(examples), generator=generator)",
        ]
        if parts.has_runs:
            begin.append(f"order = runs_of_classes(order, {parts.targets}[examples])")
        begin += ["examples = examples[order]"]
        cut = f"examples.tensor_split(-(-len(examples) // {size}))"
    else:
        begin = []
        cut = f"examples.split({size})"

    seed = []
    head = f"for rows in {cut}:"
    if parts.task.draws:
        head = f"for index, rows in enumerate({cut}):"
        begin.append("generator = torch.Generator()")
        seed = [
            "# The same examples are damaged alike each time.",
            "generator.manual_seed(mix_seed(EVALUATION, index))",
        ]

    body = [
        *seed,
        *parts.batch_lines(training=False),
        f"outputs = {parts.call}",
        *totals,
        f"predictions.append({parts.task.predictions})",
    ]
    kept = f"{parts.targets}[examples].numpy()" if parts.targets else "np.empty(0)"
    return (
        "@torch.no_grad()\n"
        "def evaluate(network: Network, split: str) -> tuple[float, float]:\n"
        f'    """Returns the mean loss and the {figure} on a split; nothing is learned."""\n'
        "    network.eval()\n"
        "    examples = SPLITS[split]\n"
        "    total = weight = 0.0\n"
        "    predictions = []\n" + block(begin, 4) + f"    {head}\n" + block(body, 8) + "\n"
        f"    figure = {figure}({kept}, torch.cat(predictions).numpy())\n"
        "    return total / weight, figure\n"
    )
