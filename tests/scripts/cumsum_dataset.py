# data: generated
import xarray as xr

ds = xr.open_dataset("made/bounds.nc")
ds.cumsum("time").to_netcdf("time.nc")
ds.tas.mean(["y", "x"]).cumsum().to_netcdf("series.nc")
clim = xr.open_dataset("made/daily.nc").groupby("time.month").mean("time")
clim.cumsum("month").to_netcdf("clim.nc")
print(ds.y.cumsum())
