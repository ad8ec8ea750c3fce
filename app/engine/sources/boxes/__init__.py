"""Label files of detection sets: which classes have boxes on which picture."""
