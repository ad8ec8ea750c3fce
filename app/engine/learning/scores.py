"""Computes metrics from predictions, in NumPy; they are called as in summary.json."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

Z95 = 1.959963984540054
"""Standard deviations that hold 95 % of a normal distribution."""


@dataclass(frozen=True)
class PerClass:
    """Metrics of every class, arrays of length K.

    count: its examples. predicted: how often it was predicted. What is not defined is NaN: the
    precision of a class that was never predicted, the recall of one without examples.
    """

    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    count: np.ndarray
    predicted: np.ndarray


def predicted_classes(probabilities: np.ndarray) -> np.ndarray:
    """Returns the most probable class of each row: (n, K) -> (n,) int64."""
    if not len(probabilities):
        return np.zeros(0, dtype=np.int64)

    classes: np.ndarray = probabilities.argmax(axis=1).astype(np.int64)
    return classes


def confusion(targets: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Returns counts (K, K), true class by row, predicted class by column.

    targets, predicted: (n,) class numbers.
    """
    cells = np.asarray(targets, dtype=np.int64) * classes + np.asarray(predicted, dtype=np.int64)
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def accuracy(matrix: np.ndarray) -> float:
    """Returns the share of counts on the diagonal, NaN where there are no examples."""
    total = int(matrix.sum())
    return int(np.trace(matrix)) / total if total else math.nan


def per_class(matrix: np.ndarray) -> PerClass:
    """Returns precision, recall and F1 of every class, from the counts (K, K)."""
    return _per_class(np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0))


def per_class_of(targets: np.ndarray, predicted: np.ndarray, classes: int) -> PerClass:
    """Returns the same from the class numbers (n,) themselves.

    The counts of ten thousand classes would take 800 MB.
    """
    return _per_class(*_counts(targets, predicted, classes))


def macro_f1_of(targets: np.ndarray, predicted: np.ndarray, classes: int) -> float:
    """Returns macro_f1 from the class numbers (n,) themselves, in half the time of the table."""
    return _mean_of_known(_f1(*_counts(targets, predicted, classes)))


def _counts(
    targets: np.ndarray, predicted: np.ndarray, classes: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns for every class how often it was right, is true and was predicted: (K,) each."""
    hits, count, predicted_count = (
        np.bincount(np.asarray(numbers, np.int64), minlength=classes)
        for numbers in (targets[targets == predicted], targets, predicted)
    )
    return hits, count, predicted_count


def _per_class(hits: np.ndarray, count: np.ndarray, predicted: np.ndarray) -> PerClass:
    return PerClass(
        precision=_share(hits.astype(float), predicted),
        recall=_share(hits.astype(float), count),
        f1=_f1(hits, count, predicted),
        count=count,
        predicted=predicted,
    )


def _f1(hits: np.ndarray, count: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    return _share(2.0 * hits, count + predicted)


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Returns part / whole, NaN where whole is 0."""
    result = np.full(part.shape, np.nan)
    np.divide(part, whole, out=result, where=whole > 0)
    return result


def macro_f1(matrix: np.ndarray) -> float:
    """Returns the mean F1 over classes, see mean_f1, from the counts (K, K)."""
    return mean_f1(per_class(matrix))


def mean_f1(table: PerClass) -> float:
    """Returns the mean F1 over the classes that have examples or were predicted, however rare.

    NaN where there are none.
    """
    return _mean_of_known(table.f1)


def _mean_of_known(f1: np.ndarray) -> float:
    known = f1[~np.isnan(f1)]
    return float(known.mean()) if len(known) else math.nan


def auc(targets: np.ndarray, scores: np.ndarray) -> float:
    """Returns the area under the ROC curve: how often a yes scores above a no, a tie counting half.

    NaN where there is no yes or no no. Ranks after Mann & Whitney (1947).

    targets: (n,) 0 or 1. scores: (n,), larger for yes.
    """
    targets = np.asarray(targets).astype(bool)
    positive = int(targets.sum())
    negative = int((~targets).sum())
    if not positive or not negative:
        return math.nan

    _, group, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    ends = np.cumsum(sizes)
    ranks = (ends - (sizes - 1) / 2)[group]

    return float((ranks[targets].sum() - positive * (positive + 1) / 2) / (positive * negative))


def average_precision(targets: np.ndarray, scores: np.ndarray) -> float:
    """Returns the mean precision at the positions of the positives, sorted by score.

    NaN without positives. Equal scores share one position, so that their order decides nothing.

    targets: (n,) 0 or 1. scores: (n,), larger for positives.
    """
    targets = np.asarray(targets).astype(bool)
    if not targets.any():
        return math.nan

    order = np.argsort(-np.asarray(scores), kind="stable")
    positive = targets[order]
    scores = np.asarray(scores)[order]

    ends = np.flatnonzero(np.append(scores[1:] != scores[:-1], True))
    hits = np.cumsum(positive)[ends]
    precision = hits / (ends + 1)

    return float((np.diff(hits, prepend=0) * precision).sum() / hits[-1])


def mean_average_precision(targets: np.ndarray, scores: np.ndarray) -> float:
    """Returns the mean over the tags of their average precision, without tags that no example has.

    NaN where no example has any.

    targets: (n, K) 0 or 1. scores: (n, K).
    """
    columns = zip(np.asarray(targets).T, np.asarray(scores).T, strict=True)
    precisions = [average_precision(has_tag, tag_scores) for has_tag, tag_scores in columns]
    known = [value for value in precisions if not math.isnan(value)]

    return float(np.mean(known)) if known else math.nan


def tag_f1(targets: np.ndarray, predictions: np.ndarray) -> dict[str, float]:
    """Returns "macro_f1" and "micro_f1" over tags, NaN where there are none.

    The macro F1 is the mean over the tags that an example has or gets, the micro F1 counts all tags
    together.

    targets, predictions: (n, K) bool.
    """
    hits = (targets & predictions).sum(axis=0)
    either = targets.sum(axis=0) + predictions.sum(axis=0)
    each = _share(2.0 * hits, either)
    known = each[~np.isnan(each)]

    return {
        "macro_f1": float(known.mean()) if len(known) else math.nan,
        "micro_f1": 2 * int(hits.sum()) / int(either.sum()) if either.sum() else math.nan,
    }


def mae(targets: np.ndarray, predictions: np.ndarray) -> float:
    """Returns the mean absolute error, over several amounts their mean.

    targets, predictions: (n, T). NaN without examples.
    """
    return float(np.abs(predictions.astype(float) - targets).mean()) if len(targets) else math.nan


def rmse(targets: np.ndarray, predictions: np.ndarray) -> float:
    """Returns the root of the mean squared error of each amount, over several amounts their mean.

    targets, predictions: (n, T). NaN without examples.
    """
    if not len(targets):
        return math.nan

    squares = (predictions.astype(float) - targets) ** 2
    return float(np.sqrt(squares.mean(axis=0)).mean())


def r2(targets: np.ndarray, predictions: np.ndarray) -> float:
    """Returns the share of the variance that is explained.

    Over several amounts it is the mean of those that vary, NaN where none does.

    targets, predictions: (n, T).
    """
    if not len(targets):
        return math.nan

    targets = targets.astype(float)
    residual = ((predictions.astype(float) - targets) ** 2).sum(axis=0)
    total = ((targets - targets.mean(axis=0)) ** 2).sum(axis=0)
    varies = total > 0

    return float(np.mean(1 - residual[varies] / total[varies])) if varies.any() else math.nan


def wilson(correct: int, total: int, z: float = Z95) -> tuple[float, float]:
    """Returns the interval in which the true share lies with 95 % confidence (Wilson 1927).

    It is (0, 1) where nothing was counted.
    """
    if total <= 0:
        return 0.0, 1.0

    share = correct / total
    centre = share + z * z / (2 * total)
    reach = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    # Exactly 0 and 1 at the ends, where rounding would leave a trace.
    low = (centre - reach) / scale if correct else 0.0
    high = (centre + reach) / scale if correct < total else 1.0

    return low, high
