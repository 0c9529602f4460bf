# data: generated
# exact
import xarray as xr
import numpy as np

ds = xr.open_dataset("made/daily.nc")
a = ds.tas.isel(time=slice(0, 40))
np.maximum(a, 280).to_netcdf("max.nc")
np.minimum(a, a.max("lon")).to_netcdf("min.nc")
np.logical_and(a > 270, a < 280).to_netcdf("and.nc")
np.fmax(a, 250.0).to_netcdf("fmax.nc")
