# data: generated
# rtol: 1e-9
# atol: 1e-12
import numpy as np
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
x = ds.tas.isel(time=slice(0, 30)).assign_coords(time=np.arange(30.0) / 7)
few = x.where(x.time + x.lat / 72 + x.lon / 336 > 28.0 / 7)
few.polyfit("time", 1).to_netcdf("few.nc")
few.polyfit("time", 0).to_netcdf("mean.nc")
