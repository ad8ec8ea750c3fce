"""The description of the service in OpenAPI 3.1: made from what the network reads and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app import __version__
from app.engine.data.dates import COMPACT, date_words
from app.engine.data.kinds.image.preparation import ImagePreparation
from app.engine.data.kinds.pair.preparation import PairPreparation
from app.engine.data.kinds.row.preparation import RowPreparation
from app.engine.data.kinds.signal.preparation import SignalPreparation
from app.engine.data.nouns import noun
from app.engine.predicting.service.questions import MOST_EXAMPLES
from app.engine.text import names_text, number_text

if TYPE_CHECKING:
    from app.engine.data.kinds.row.column import RowColumn
    from app.engine.data.preparation import Preparation
    from app.engine.results.predictor import Predictor

ERRORS = {
    "400": "The request is not understood.",
    "401": "The token is missing or wrong.",
    "408": "The request does not come to its end.",
    "410": "The run was moved or deleted.",
    "413": "The request is too large.",
    "415": "The request is not JSON.",
    "421": "The request is meant for another address.",
    "422": "None of the examples can be used; each says why.",
    "503": "Too many requests wait, or the network needs too long.",
}
"""What else may come back, as an object with a sentence under `error`."""

MOST_NAMED = 12
"""So many categories of a column are named."""


def openapi(
    predictor: Predictor, name: str, example: Any, answer: dict[str, Any], token: bool
) -> dict[str, Any]:
    """Returns the description as plain data.

    name: of the run. example: one, as a request has it. answer: to it, as plain data; the shape of
    all answers follows from it. token: whether requests need one.
    """
    description = predictor.description
    examples = noun(description.kind)
    paths: dict[str, Any] = {"/predict": {"post": _operation(examples, example, answer)}}
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": name,
            "version": __version__,
            "summary": f"{predictor.task.label}: answers for {examples}",
            "description": predictor.task.summary,
        },
        "paths": paths,
        "components": {
            "schemas": {
                "Example": _example(description.preparation),
                "Answer": _schema_of(answer),
                "Error": _object({"error": {"type": "string"}}),
            }
        },
    }
    if token:
        document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"token": []}]

    return document


def _operation(examples: str, example: Any, answer: dict[str, Any]) -> dict[str, Any]:
    error = _reference("Error")
    answers = {"type": "array", "items": {"anyOf": [_reference("Answer"), error]}}
    request = _object(
        {
            "examples": {
                "type": "array",
                "items": _reference("Example"),
                "minItems": 1,
                "maxItems": MOST_EXAMPLES,
            }
        }
    )
    failures = {
        code: {"description": what, "content": _json(error)} for code, what in ERRORS.items()
    }
    failures["422"]["content"] = _json(_object({"error": {"type": "string"}, "answers": answers}))
    return {
        "operationId": "predict",
        "summary": f"Answers {examples}, each by itself and in their order.",
        "requestBody": {
            "required": True,
            "content": _json(request, {"examples": [example]}),
        },
        "responses": {
            "200": {
                "description": "An answer for every example; an error in place of one that cannot "
                "be used.",
                "content": _json(_object({"answers": answers}), {"answers": [answer]}),
            },
            **failures,
        },
    }


def _json(schema: dict[str, Any], example: Any = None) -> dict[str, Any]:
    media: dict[str, Any] = {"schema": schema}
    if example is not None:
        media["example"] = example

    return {"application/json": media}


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


# --- what is asked


def _example(preparation: Preparation) -> dict[str, Any]:
    if isinstance(preparation, PairPreparation):
        halves = [_example(half) for half in preparation.halves]
        return {
            "type": "array",
            "prefixItems": halves,
            "items": False,
            "minItems": len(halves),
            "description": "The two halves that are compared.",
        }
    if isinstance(preparation, RowPreparation):
        return _object({column.name: _cell(column) for column in preparation.columns})
    if isinstance(preparation, ImagePreparation):
        return {
            "type": "string",
            "contentEncoding": "base64",
            "description": "The file of a picture (PNG, JPEG and others) in Base64.",
        }
    if isinstance(preparation, SignalPreparation):
        return _signal(preparation)

    return {"type": "string", "minLength": 1, "description": "A text."}


def _cell(column: RowColumn) -> dict[str, Any]:
    if column.role == "category":
        named = names_text(list(column.categories), MOST_NAMED)
        return {
            "type": ["string", "number", "boolean", "null"],
            "description": f"A category. Training had {named}." if named else "A category.",
        }
    if column.date:
        compact = column.date.startswith(COMPACT)
        words = "A date as a whole number." if compact else f"A date: {date_words(column.date)}."
        return {"type": ["string", "number", "null"], "description": words}

    unit = f" {column.unit}" if column.unit else ""
    low, high = number_text(column.low), number_text(column.high)
    return {
        "type": ["number", "string", "boolean", "null"],
        "description": f"A number. Training had {low} to {high}{unit}.",
    }


def _signal(preparation: SignalPreparation) -> dict[str, Any]:
    numbers: dict[str, Any] = {"type": "array", "items": {"type": "number"}, "minItems": 1}
    rate = f", {number_text(preparation.rate)} a second" if preparation.rate else ""
    words = f"Numbers{rate}; the network reads {preparation.length:,} of them."
    if preparation.channels == 1:
        return numbers | {"description": words}

    return {
        "type": "array",
        "items": numbers,
        "minItems": preparation.channels,
        "maxItems": preparation.channels,
        "description": f"{preparation.channels:,} lists of one length. {words}",
    }


# --- what is answered


def _schema_of(answer: dict[str, Any]) -> dict[str, Any]:
    """Returns the shape of answers, from one of them; `told` and `unit` are not in all."""
    properties = {name: _shape(value) for name, value in answer.items()}
    properties.setdefault("told", {"type": "string"})
    required = [name for name in answer if name != "told"]
    return {"type": "object", "properties": properties, "required": required}


def _shape(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, (int, float)):
        return {"type": "number"}
    if isinstance(value, str):
        return {"type": "string"}
    if isinstance(value, list):
        return {"type": "array", "items": _shape(value[0])} if value else {"type": "array"}
    if isinstance(value, dict):
        shapes = [_shape(each) for each in value.values()]
        same = all(shape == shapes[0] for shape in shapes)
        return {"type": "object"} | ({"additionalProperties": shapes[0]} if shapes and same else {})

    return {}
