"""Examples of any kind on screen, as pictures, rows, texts or signals."""
