"""Many scenarios to one store.

``design`` says which runs; ``reading`` it from a file, ``levers_table`` from a table; ``sampling`` points of the unit
cube; ``ranges`` the study's own low to high, ``groups`` what of it moves together; ``runs`` the runs of a design, each
with its digest; ``figures`` what is kept of a plan; ``solving`` a chunk of runs; ``store`` and ``opening`` the Zarr
store; ``engine`` and ``cluster`` Dask; ``progress`` what is told meanwhile; ``export`` NetCDF and Parquet.
"""
