"""Examples as NumPy arrays: which array of a file is what, and what its labels are.

Both can be overruled.
"""
