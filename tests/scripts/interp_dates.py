# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/daily.nc").isel(lat=0, lon=slice(0, 3))
ds = ds.assign(start=ds.time).assign_coords(end=ds.time.isel(time=slice(None, None, -1)).drop_vars("time"))
ds.interp(time=["2001-03-14", "2001-04-03T04:05:06", "2002-01-01T00:00:01"]).to_netcdf("moments.nc")
ds.interp(time=ds.time[3:9:2], method="nearest").to_netcdf("nearest.nc")
