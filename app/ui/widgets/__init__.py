"""Parts that several pages share: forms, examples, the memory ledger."""
