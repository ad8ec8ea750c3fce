"""What the window knows of revisions of data sets."""
