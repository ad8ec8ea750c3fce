"""Tables of any type: finds out how they are written and guesses what their columns are.

Both can be overruled.
"""
