# data: generated
import xarray as xr

ds = xr.open_dataset("made/daily.nc").isel(time=slice(60))
tas = ds.tas.astype("f8")
tas.rolling(lat=3, lon=5, center=True, min_periods=4).std().to_netcdf("std.nc")
tas.rolling(lat=2, lon=3).var(ddof=1).to_netcdf("var.nc")
tas.rolling(time=9, lat=3, lon=2, center={"lon": True}, min_periods=6).var().to_zarr("three.zarr")
tas.rolling(lon=30, lat=4, min_periods=1).std(ddof=1).isel(time=slice(5, 30)).to_netcdf("wide.nc")
ds.rolling(lat=3, lon=3, center=True, min_periods=2).std().mean("time").to_netcdf("dataset.nc")
integers = xr.open_dataset("made/integers.nc").drop_vars("flag")
integers.rolling(time=3, x=2, min_periods=2).std().to_netcdf("integers.nc")
