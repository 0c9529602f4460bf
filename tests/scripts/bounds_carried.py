# data: generated
import xarray as xr

ds = xr.open_dataset("made/bounds.nc")
ds.isel(time=slice(3, 9)).to_netcdf("part.nc")
ds.tas.mean("time").to_netcdf("mean.nc")
ds.tas.mean(["y", "x"]).to_netcdf("series.nc")
