# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.tas.sel(lon=[210, 0, 42], lat=[-72, 72]).to_netcdf("list.nc")
ds.sel(lat=[13, -7], method="nearest").mean("time").to_netcdf("near.nc")
