# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/bounds.nc")
ds.drop_vars(["time_bnds", "crs"]).to_netcdf("less.nc")
ds.tas.drop_vars("height").to_netcdf("tas.nc")
