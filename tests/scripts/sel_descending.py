# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/descending.nc")
ds.t.sel(lat=slice(40, -40)).to_netcdf("down.nc")
ds.t.sel(lat=10, method="nearest").to_netcdf("near.nc")
