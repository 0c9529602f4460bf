# data: generated
import xarray as xr

ds = xr.open_dataset("made/classic.nc")
ds.tas.mean("time").to_netcdf("mean.nc")
ds.double.mean("lat").to_netcdf("double.nc")
