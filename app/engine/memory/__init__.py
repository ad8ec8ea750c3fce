"""The memory ledger: bytes by purpose, predicted before a training and measured in it."""
