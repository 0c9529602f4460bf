# data: generated
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
print(ds.tas.mean())
ds.tas.mean().to_netcdf("mean.nc")
