# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.mean("time").to_netcdf("mean.nc")
tas.groupby("time.month").mean("time").to_netcdf("month.nc")
tas.max(["lat", "lon"]).to_netcdf("top.nc")
tas.std("time").to_zarr("std.zarr")
