"""Scripts that answer examples from an exported file, in a process without this program.

`answer.py` is started; beside it stands a file for each kind of export with a function
`load(path, threads)`, which returns a function from input arrays (B, ...) to the answers. They
import no module of this program.
"""
