"""Colours, sizes, the style sheet and the icons."""
