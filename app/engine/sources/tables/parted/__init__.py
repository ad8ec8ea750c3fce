"""Large files with a table, a file for each sort, gone through part by part."""
