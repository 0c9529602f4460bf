# data: generated
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.tas.mean("time").to_netcdf("mean.nc")
