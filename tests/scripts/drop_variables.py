# data: generated
import xarray as xr

ds = xr.open_dataset("made/daily.nc", drop_variables=["pr"])
ds.min("time").to_netcdf("min.nc")
