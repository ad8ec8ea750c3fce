"""Edits of a graph: each returns another graph, and leaves the one that it was given.

What changes one block stands here; `wires` connects blocks, `several` edits many at once.
"""

from models.edits.blocks import (
    MERGES,
    ancestors,
    append,
    free_name,
    insert_after,
    insert_before,
    merge_inputs,
    move_before,
    remove,
    rename,
    replace_kind,
    set_inputs,
    set_kind,
    set_settings,
)

__all__ = [
    "MERGES",
    "ancestors",
    "append",
    "free_name",
    "insert_after",
    "insert_before",
    "merge_inputs",
    "move_before",
    "remove",
    "rename",
    "replace_kind",
    "set_inputs",
    "set_kind",
    "set_settings",
]
