"""One training: the loop, what it tells, what it keeps."""
