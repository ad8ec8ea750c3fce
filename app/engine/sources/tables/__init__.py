"""Tables of any sort: how they are written is found out, what their columns are is guessed, both
can be overruled.
"""
