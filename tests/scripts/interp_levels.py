# data: generated
# exact
import numpy as np
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
column = ds.tas.isel(time=slice(0, 300, 3)).transpose("lat", "time", "lon").assign_coords(lat=1000.0 - np.arange(13) * 70)
column.interp(lat=[925.0, 850, 500, 300]).to_netcdf("levels.nc")
column.interp(lat=np.arange(1000.0, 150, -10)).max("time").to_netcdf("fine.nc")
whole = ds.pr.assign_coords(time=np.arange(800.0))
whole.interp(time=np.arange(0.0, 799, 0.5)).to_netcdf("halves.nc")
whole.interp(time=np.arange(0.25, 799, 9)).min("time").to_netcdf("mean.nc")
