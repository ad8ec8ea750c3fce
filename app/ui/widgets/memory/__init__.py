"""The memory ledger on screen."""
