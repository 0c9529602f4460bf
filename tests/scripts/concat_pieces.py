# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
first, last = tas.isel(time=slice(0, 210)), tas.isel(time=slice(530, None))
both = xr.concat([last * 2, first.astype("float64"), last], dim="time")
both.to_netcdf("both.nc")
both.mean("time").to_netcdf("mean.nc")
both.std(["lat", "lon"]).to_netcdf("std.nc")
(both - both.mean("time")).cumsum("time").isel(lat=slice(2, 9)).to_netcdf("drift.nc")
xr.concat([tas.isel(lon=slice(9, None)), tas.isel(lon=slice(0, 9))], "lon").groupby("time.season").mean().to_netcdf("turned.nc")
