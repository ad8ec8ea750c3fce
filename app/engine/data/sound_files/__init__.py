"""Readers of files of sounds: WAV and its relatives here, compressed ones by a library."""
