"""Examples of any kind, as pictures, rows, texts or signals."""
