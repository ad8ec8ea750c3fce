"""The network behind the service: one thread that answers one request after another.

PyTorch is not reentrant here, and a batch of several requests could change the last bits of an
answer: every request is answered by itself.
"""

from __future__ import annotations

import base64
import io
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from app.engine.data.dates import date_text
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.data.kinds.row.preparation import RowPreparation
from app.engine.data.kinds.signal.preparation import SignalPreparation
from app.engine.errors import UserError
from app.engine.predicting.service.questions import raw_of, read_examples
from app.engine.results.answers import ReadExample, answer_examples, read_example
from app.engine.results.inputs import PredictionInput

if TYPE_CHECKING:
    from app.engine.data.kinds.row.column import RowColumn
    from app.engine.data.preparation import Preparation
    from app.engine.results.predictor import Predictor


class AnsweringThread:
    """Answers the bodies of requests in the order in which they come."""

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="answers")

    def submit(self, body: bytes) -> Future[list[dict[str, Any]]]:
        """Answers a body when its turn comes: a plain answer for each example.

        Its result raises BadRequest where the body cannot be understood.
        """
        return self._thread.submit(answer_body, self.predictor, body)

    def close(self) -> None:
        """Drops what waits, and waits for the answer under way."""
        self._thread.shutdown(wait=True, cancel_futures=True)


def answer_body(predictor: Predictor, body: bytes) -> list[dict[str, Any]]:
    """Returns the answers to the examples of a request, as plain data.

    An example that cannot be used has an error in place of an answer. Raises BadRequest.
    """
    examples = read_examples(body)
    preparation = predictor.description.preparation
    read: list[ReadExample] = []
    for number, example in enumerate(examples, 1):
        name = f"example {number}"
        try:
            given = PredictionInput(name, (name,), (raw_of(example, preparation),))
        except UserError as error:
            read.append(ReadExample(name, error=str(error)))
            continue

        read.append(read_example(predictor, given, 0))

    answers = []
    for answered in answer_examples(predictor, read):
        if answered.answer is None:
            answers.append({"error": answered.error})
            continue

        told = {"told": answered.warning} if answered.warning else {}
        answers.append(answered.answer.to_plain() | told)

    return answers


def usual_example(preparation: Preparation) -> Any:
    """Returns an example as a request has it: the middle of the training, or nothing but zeros."""
    if isinstance(preparation, PairPreparation):
        return [usual_example(half) for half in preparation.halves]
    if isinstance(preparation, RowPreparation):
        return {column.name: _usual_cell(column) for column in preparation.columns}
    if isinstance(preparation, ImagePreparation):
        return _usual_picture(preparation)
    if isinstance(preparation, SignalPreparation):
        channels, length = preparation.channels, preparation.length
        signal = np.zeros((channels, min(length, 8))).tolist()
        return signal if channels > 1 else signal[0]

    return "A text to answer."


def _usual_cell(column: RowColumn) -> Any:
    if column.role == "category":
        return column.categories[0] if column.categories else ""
    if column.date:
        return date_text(column.median, column.date)

    return int(column.median) if column.whole else float(f"{column.median:.4g}")


def _usual_picture(preparation: ImagePreparation) -> str:
    content = io.BytesIO()
    mode = "L" if preparation.channels == 1 else "RGB"
    Image.new(mode, (preparation.width, preparation.height)).save(content, "PNG")
    return base64.b64encode(content.getvalue()).decode()
