"""Which columns of a table are its inputs and which its targets, where a person or names say so."""
