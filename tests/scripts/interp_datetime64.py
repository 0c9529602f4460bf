# data: generated
# exact
import numpy as np
import xarray as xr

ds = xr.open_dataset("made/daily.nc").isel(lat=0, lon=slice(0, 3))
ds.interp(time=np.datetime64("2001-03-14")).to_netcdf("day.nc")
ds.interp(time=np.datetime64("2001-04")).to_netcdf("month.nc")
ds.interp(time=[np.datetime64("2002"), np.datetime64("2001-03-14T06:07:08.009"), np.datetime64("1999-01-01")]).to_netcdf("listed.nc")
ds.interp(time=[np.datetime64("2001-03-14T03")], method="nearest").to_netcdf("nearest.nc")
stamped = ds.mean("time").assign_coords(run=np.datetime64("2001-02-03T06")).expand_dims(made=[np.datetime64("2004-05")])
stamped.to_netcdf("stamped.nc")
