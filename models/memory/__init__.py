"""What spares memory: recomputing, building without values, and no compiler."""
