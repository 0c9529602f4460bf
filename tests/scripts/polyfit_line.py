# data: generated
# rtol: 1e-9
# atol: 1e-12
import numpy as np
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
tas = ds.tas.assign_coords(time=np.arange(ds.sizes["time"], dtype="f8"))
fit = tas.polyfit("time", 1)
fit.to_netcdf("line.nc")
tas.polyfit("time", 0).to_netcdf("mean.nc")
tas.polyfit(dim="lat", deg=1).to_netcdf("lat.nc")
trend = xr.polyval(tas.time, fit.polyfit_coefficients)
(tas - trend).to_netcdf("detrended.nc")
