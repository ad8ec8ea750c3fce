"""Names of blocks and settings in files of format version 1, and what they are called today.

Graphs of runs and experiments are read through these tables. To rename a block or a setting, add
the old name here; nothing else needs to know it.
"""

from __future__ import annotations

from typing import Any

BLOCK_KINDS: dict[str, str] = {
    "turn": "transpose",
    "enlarging": "upsample",
    "sequence-convolution": "convolution-1d",
    "sequence-pooling": "pooling-1d",
    "sequence-residual": "residual-1d",
    "sequence-enlarging": "upsample-1d",
    "answer": "output",
    "token-answer": "token-output",
    "match": "contrastive-output",
    "together": "concatenate-in-batch",
    "columns": "categorical-embedding",
    "feature-tokens": "column-tokens",
    "patches": "patch-embedding",
    "signal-patches": "patch-embedding-1d",
    "positions": "position-embedding",
    "tokens": "flatten-to-tokens",
    "picture-from-tokens": "unpatchify",
    "signal-from-tokens": "unpatchify-1d",
    "visible-patches": "patch-mask",
}
"""Kinds of blocks, old to new."""

BLOCK_SETTINGS: dict[str, dict[str, str]] = {
    "convolution": {"size": "kernel_size"},
    "convolution-1d": {"size": "kernel_size"},
    "convnext": {"size": "kernel_size", "dropout": "stochastic_depth"},
    "residual": {"halves": "downsample"},
    "residual-1d": {"size": "kernel_size"},
    "upsample-1d": {"size": "kernel_size"},
    "pooling": {"how": "mode", "size": "kernel_size"},
    "pooling-1d": {"how": "mode", "size": "kernel_size"},
    "global-pooling": {"how": "mode"},
    "dropout": {"share": "rate"},
    "patch-embedding": {"size": "patch_size"},
    "patch-embedding-1d": {"size": "patch_size"},
    "position-embedding": {"strength": "scale"},
    "patch-mask": {"size": "patch_size"},
    "unpatchify": {"size": "patch_size"},
    "unpatchify-1d": {"size": "patch_size"},
    "reshape": {"to": "target_shape"},
}
"""Settings of blocks, old to new, by the new kind of the block."""

TEMPLATE_SETTINGS: dict[str, dict[str, str]] = {
    "conv-autoencoder": {"code": "latent_channels"},
    "gpt": {"neighbours": "filter_size"},
    "text-cnn": {"longest": "max_filter_size"},
}
"""Settings of templates, old to new, by the kind of the template, which kept its name."""


def renamed(settings: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Returns the settings under their new names, in the same order.

    A setting whose new name stands beside it keeps the old one, so that the reader refuses it.
    """
    return {
        names[name] if name in names and names[name] not in settings else name: value
        for name, value in settings.items()
    }


def renamed_block(kind: str, settings: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Returns a block's kind and settings under their new names; new names stay as they are."""
    new_kind = BLOCK_KINDS.get(kind, kind)
    return new_kind, renamed(settings, BLOCK_SETTINGS.get(new_kind, {}))
