# data: generated
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.mean(dim="time").to_netcdf("mean.nc")
