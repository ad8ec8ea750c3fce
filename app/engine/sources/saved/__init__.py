"""Data sets as the library `datasets` of Hugging Face saves them: Arrow and Parquet files."""
