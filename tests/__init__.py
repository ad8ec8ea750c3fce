"""The tests: the same folders as the source, real files and windows, no mocks."""
