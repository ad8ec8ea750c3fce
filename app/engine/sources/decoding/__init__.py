"""Parts of decoding a list of pictures: their size, where they are stored, pages of files."""
