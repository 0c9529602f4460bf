# data: generated
# rtol: 1e-9
import numpy as np
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
fit = ds.polyfit("time", 1)
fit.to_netcdf("fit.nc")
xr.polyval(ds.time, fit.tas_polyfit_coefficients).to_netcdf("line.nc")
whole = ds.pr.isel(time=slice(0, 50)) * 1e5
whole.polyfit("time", 0).to_netcdf("mean.nc")
