"""The dialog that exports a trained network, and its parts."""
