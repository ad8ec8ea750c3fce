"""Runs a file of code that defines `Network` on examples; a process of its own.

It is started as a script and knows nothing of this program: torch and safetensors are all it loads.
Arguments: the code, its weights, the inputs, where the outputs go, the number of threads. The
outputs are "eval", and "train" where there are two examples or more: a batch norm needs them.
"""

from __future__ import annotations

import runpy
import sys

import torch
from safetensors.torch import load_file, save_file


def main(code: str, weights: str, inputs: str, outputs: str, threads: str) -> None:
    """Answers the examples in one file and writes the outputs to another."""
    torch.set_num_threads(int(threads))
    network = runpy.run_path(code)["Network"]()
    network.load_state_dict(load_file(weights))

    tensors = load_file(inputs)
    examples = [tensors[name] for name in sorted(tensors)]
    found: dict[str, torch.Tensor] = {}
    with torch.no_grad():
        found["eval"] = network.eval()(*examples).contiguous()
        if len(examples[0]) > 1:
            torch.manual_seed(0)
            found["train"] = network.train()(*examples).contiguous()

    save_file(found, outputs)


if __name__ == "__main__":
    main(*sys.argv[1:])
