# data: real
import xarray as xr

ds = xr.open_dataset("data/grid/archv.0021_016_00_3zu.nc")
ds.u.max("Depth").to_netcdf("max.nc")
ds.u.sel(Depth=slice(0, 100)).mean(["Latitude", "Longitude"]).to_netcdf("profile.nc")
