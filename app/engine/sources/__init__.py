"""How data are read: from a folder, a file or a built-in name to a Dataset."""
