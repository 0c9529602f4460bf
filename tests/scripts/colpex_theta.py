# data: real
import xarray as xr

ds = xr.open_dataset("data/grid/small_theta_colpex.nc")
theta = ds.air_potential_temperature
theta.mean("time").to_netcdf("mean.nc")
theta.max(["grid_latitude", "grid_longitude"]).to_netcdf("max.nc")
