"""Which columns of a table count: how the figure falls where the values of a column are shuffled.

Permutation importance (Breiman 2001; Fisher, Rudin & Dominici 2019, arXiv:1801.01489): the values
of one column are dealt out anew among the test examples, so that they say nothing of their row and
are as usual as before. The network is not trained again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from app.engine.compute.batches import HostInputs
from app.engine.data.kinds.row.preparation import RowPreparation
from app.engine.errors import UserError
from app.engine.learning.metrics import METRICS
from app.engine.robustness.importance import REPEATS, Importance, Importances
from app.engine.robustness.measuring import MOST_EXAMPLES
from app.engine.sources.format import Check, no_check

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.data.dataset import Dataset
    from app.engine.results.predictor import Predictor


def measure_columns(
    predictor: Predictor,
    dataset: Dataset,
    check: Check = no_check,
    progress: Callable[[int, int], None] | None = None,
    seed: int = 0,
) -> Importances:
    """Returns the importance of every column on the test examples, the largest first.

    Of more than MOST_EXAMPLES a random part is judged. Without a test split it is validation.
    Raises UserError for examples without columns, and what `check` raises.
    """
    preparation = predictor.description.preparation
    if not isinstance(preparation, RowPreparation):
        raise UserError(
            "These examples are no rows of a table, so there are no columns to shuffle.",
            "Choose a run on a table.",
        )

    task = predictor.task
    split = "test" if len(dataset.indices.get("test", ())) else "validation"
    known = predictor.targets_for(dataset, split)
    generator = np.random.default_rng(seed)
    part = np.arange(len(known.rows))
    if len(part) > MOST_EXAMPLES:
        part = np.sort(generator.choice(part, MOST_EXAMPLES, replace=False))

    rows = np.array(dataset.inputs[known.rows[part]])
    targets = known.targets[part]
    metric = METRICS[task.metrics[0]]
    sign = 1.0 if metric.better == "higher" else -1.0

    def figure(examples: np.ndarray) -> float:
        inputs = HostInputs((examples,), np.arange(len(targets)))
        predictions = predictor.evaluate_inputs(inputs, targets, check).predictions
        metrics = task.compute_metrics(predictor.description, targets, predictions)
        return float(metrics.get(metric.name, np.nan))

    whole = figure(rows)
    found = []
    columns = _places(preparation)
    for number, (name, places) in enumerate(columns.items()):
        drops = []
        for _ in range(REPEATS):
            shuffled = rows.copy()
            shuffled[:, places] = rows[generator.permutation(len(rows))][:, places]
            drops.append(sign * (whole - figure(shuffled)))

        found.append(Importance(name, float(np.mean(drops)), min(drops), max(drops)))
        if progress is not None:
            progress(number + 1, len(columns))

    ordered = tuple(sorted(found, key=lambda each: -each.drop))
    return Importances(metric.name, whole, split, len(part), ordered)


def _places(preparation: RowPreparation) -> dict[str, list[int]]:
    """Returns where the numbers of each column stand in a row: its value, and its flag of a gap."""
    features = {name: place for place, name in enumerate(preparation.features)}
    found = {}
    for column in preparation.columns:
        if column.name in features:
            places = [features[column.name], features.get(f"{column.name}: missing", -1)]
            found[column.name] = [place for place in places if place >= 0]

    return found
