"""Tensors of networks and optimizers by their names, as checkpoints hold them."""

from __future__ import annotations

import hashlib

import torch

from app.engine.runs.storage.checkpoint_folder import Damaged

COUNTERS = ("step", "mu_product")
"""States of a single number, which PyTorch keeps on the CPU unless the optimizer is fused."""

Tensors = dict[str, torch.Tensor]


def cpu_copies(tensors: Tensors) -> Tensors:
    """Returns independent copies on the CPU in the contiguous memory format.

    They can be written to a file, and they outlive the network.
    """
    return {
        name: torch.empty(tensor.shape, dtype=tensor.dtype).copy_(tensor.detach())
        for name, tensor in tensors.items()
    }


def separate(tensors: Tensors) -> Tensors:
    """Returns the tensors as a file can hold them: contiguous, none sharing memory with another.

    Only those that are not so already are copied: a large network is not held twice.
    """
    separated: Tensors = {}
    taken: set[int] = set()
    for name, tensor in tensors.items():
        plain = tensor.detach().contiguous()
        storage = plain.untyped_storage()
        if storage.data_ptr() in taken or storage.nbytes() != plain.nbytes:
            plain = plain.clone()
            storage = plain.untyped_storage()

        taken.add(storage.data_ptr())
        separated[name] = plain

    return separated


def weights_sha256(tensors: Tensors) -> str:
    """Returns the SHA-256 of the bytes of weights and buffers, in the order of their names."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        plain = tensors[name].detach().to("cpu").contiguous()
        digest.update(plain.reshape(-1).view(torch.uint8).numpy().data)

    return digest.hexdigest()


def optimizer_tensors(network: torch.nn.Module, optimizer: torch.optim.Optimizer) -> Tensors:
    """Returns the optimizer's state, all tensors, by the names of the weights.

    For example "head.weight/exp_avg".
    """
    names: dict[torch.Tensor, str] = {
        parameter: name for name, parameter in network.named_parameters()
    }
    state = {
        f"{names[parameter]}/{key}": value
        for parameter, values in optimizer.state.items()
        for key, value in values.items()
        if isinstance(value, torch.Tensor)
    }
    return cpu_copies(state)


def restore_optimizer(
    network: torch.nn.Module, optimizer: torch.optim.Optimizer, tensors: Tensors
) -> None:
    """Puts the state back beside the weights. Raises Damaged where it belongs to another network.

    Moments take the memory format of their weight: fused optimizers walk both by address, so a
    channels_last weight beside a plain moment would train, and be wrong.
    """
    parameters = dict(network.named_parameters())
    for name, value in tensors.items():
        owner, _, key = name.rpartition("/")
        if owner not in parameters:
            raise Damaged(f"it knows a weight '{owner}' that the network has not")

        parameter = parameters[owner]
        if key in COUNTERS:
            placed = value.to(
                parameter.device if optimizer.defaults.get("fused") else "cpu", copy=True
            )
        elif value.shape == parameter.shape:
            placed = torch.empty_like(
                parameter, dtype=value.dtype, memory_format=torch.preserve_format
            ).copy_(value)
        else:
            placed = value.to(parameter.device, copy=True)

        optimizer.state[parameter][key] = placed.detach()


def restore_model(network: torch.nn.Module, tensors: Tensors) -> None:
    """Puts weights and buffers into the network.

    Raises Damaged where they belong to another one.
    """
    own = network.state_dict()
    if set(own) != set(tensors) or any(own[name].shape != tensors[name].shape for name in own):
        raise Damaged("it belongs to another network")

    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(tensors[name])
