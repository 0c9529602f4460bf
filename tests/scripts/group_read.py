# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/groups.nc", group="forecast/surface")
ds.t.max("time").to_netcdf("max.nc")
