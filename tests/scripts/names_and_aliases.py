# data: generated
# exact
import xarray as xr

import xarray
import numpy
first = xarray.open_dataset("made/area.nc")
name = "area"
top = first[name].max(dim=("lat",))
numpy.sqrt(top).to_netcdf("root.nc")
