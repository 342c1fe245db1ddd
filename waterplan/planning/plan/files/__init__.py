"""Plans as files: NetCDF to keep, tidy CSV to work with, a workbook to hand on."""

from waterplan.planning.plan.files.netcdf import open_dataset, save_dataset
from waterplan.planning.plan.files.single import pack_table
from waterplan.planning.plan.files.tidy import save_csv
from waterplan.planning.plan.files.workbook import save_excel

__all__ = ["open_dataset", "pack_table", "save_csv", "save_dataset", "save_excel"]
