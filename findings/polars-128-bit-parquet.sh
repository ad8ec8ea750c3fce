#!/usr/bin/env bash
# Polars 2.1.0, PyArrow 26.0.1, DuckDB 2.0.1: one column of 128-bit integers makes a Parquet file of Polars unreadable
# for PyArrow (and for pandas, which reads by it), its other columns included; DuckDB reads the column as raw bytes.
#
# Expected: Parquet has no integers of 128 bits, so write_parquet() refuses the column or writes a decimal; or else
# readers that do not know the type leave the column out, or show its bytes, and read the others.
#
# Seen: Polars writes the column without a word. ParquetFile() of PyArrow raises ArrowNotImplementedError ("Integers
# with more than 64 bits not implemented") when it opens the file, so that not even the number of rows or the names of
# the columns can be had, also where only other columns are asked for. DuckDB reads a BLOB.
#
# Here: the file is not called damaged; the sentence says that a column has a type that is not read.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "polars==2.1.0" "pyarrow==26.0.1" "duckdb==2.0.1"

cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as parquet

for kind in (pl.Int128, pl.UInt128):
    frame = pl.DataFrame({"length": [1.5, 2.5], "total": pl.Series([1, 2], dtype=kind)})
    frame.write_parquet("totals.parquet")
    assert pl.read_parquet("totals.parquet")["total"].to_list() == [1, 2]

    for what, read in (
        ("the other column", lambda: parquet.read_table("totals.parquet", columns=["length"])),
        ("the number of rows", lambda: parquet.ParquetFile("totals.parquet").metadata.num_rows),
    ):
        try:
            read()
        except pa.ArrowNotImplementedError as error:
            print(f"{kind}: PyArrow, {what}: {error}")
            assert "more than 64 bits" in str(error)
        else:
            raise SystemExit(f"{kind}: PyArrow reads {what} now")

    types = [str(kind) for kind in duckdb.sql("SELECT * FROM 'totals.parquet'").types]
    print(f"{kind}: DuckDB reads {types}")
    assert types == ["DOUBLE", "BLOB"], "DuckDB reads it otherwise now"
print("As described.")
PYTHON
