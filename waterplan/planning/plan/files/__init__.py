"""Plans as files: NetCDF to keep, tidy CSV to work with, a workbook to hand on."""

from waterplan.base.late import late_names

__getattr__, __all__ = late_names(__name__, __file__)
