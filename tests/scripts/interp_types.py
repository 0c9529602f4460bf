# data: generated
# exact
import numpy as np
import xarray as xr

ds = xr.open_dataset("made/daily.nc").isel(time=slice(0, 30))
f4 = ds.tas.assign_coords(lat=ds.lat.astype("f4"), lon=ds.lon.astype("i2"))
f4.interp(lat=np.array([1.1, 2.2, 3.3], dtype="f4")).to_netcdf("all_f4.nc")
f4.interp(lat=[1.1, 2.2, 3.3]).to_netcdf("f4_f8.nc")
f4.interp(lon=[1.1, 2.2, 3.3], method="nearest").to_netcdf("short.nc")
f4.interp(lon=[1, 2.5, 3.3]).to_netcdf("short_lin.nc")
f4.interp(lat=xr.DataArray(6.1).astype("f4"), method="nearest").to_netcdf("near_f4.nc")
ints = (ds.tas.fillna(0) * 10).astype("i4")
ints.interp(lat=np.arange(-72.0, 73, 8)).to_netcdf("ints.nc")
ints.isel(time=0, lat=2).interp(lon=np.arange(0.0, 337, 7)).to_netcdf("line_ints.nc")
ints.interp(lat=7.5, method="nearest").to_netcdf("ints_near.nc")
ds.tas.interp(time=ds.time.isel(time=[3, 1, 2])).to_netcdf("times.nc")
