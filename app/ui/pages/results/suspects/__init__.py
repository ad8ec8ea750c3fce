"""The suspects of a run on the Results page: the list, what is said of one, and the revision."""
