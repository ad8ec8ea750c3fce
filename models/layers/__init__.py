"""What a block can be: a subject a file.

`block` says what a block must tell of itself; torch is imported here.
"""
