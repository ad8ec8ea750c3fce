"""The tables of the Data page: how a file is written, what its columns are, what is predicted."""
