"""What is measured between two steps for those who watch a training: a file each."""
