"""Plans as files, each loaded when it is first asked for: h5py and xlsxwriter take their time."""

from waterplan.planning.plan.files.netcdf import open_dataset as open_dataset
from waterplan.planning.plan.files.netcdf import save_dataset as save_dataset
from waterplan.planning.plan.files.single import pack_table as pack_table
from waterplan.planning.plan.files.tidy import save_csv as save_csv
from waterplan.planning.plan.files.workbook import save_excel as save_excel
