# data: real
import xarray as xr

ds = xr.open_dataset("data/grid/meccatemp.cdf")
ds.t.mean("time").to_netcdf("mean.nc")
ds.t.sel(lat=slice(30, 40)).max(["lat", "lon"]).to_netcdf("max.nc")
