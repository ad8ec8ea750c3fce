"""Files of pictures: which there are, how they are opened, and pages and DICOM in them."""
