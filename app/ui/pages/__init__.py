"""The pages of the window: a file or folder each."""
