# data: generated
import xarray as xr

ds = xr.open_dataset("made/packed.nc")
ds.mean("time").to_netcdf("mean.nc")
