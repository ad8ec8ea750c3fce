"""A trained network that answers over HTTP, on this computer unless told otherwise."""
