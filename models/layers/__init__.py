"""The kinds of blocks that networks are built of: a folder for each family, a file for each kind.

`block` declares what every block tells about itself. The modules of the families import torch. The
attributes of torch modules here are names of weights in people's checkpoints and never change;
kinds and settings of blocks may, see `models.old_names`.
"""
