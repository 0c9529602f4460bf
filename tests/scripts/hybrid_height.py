# data: real
import xarray as xr

ds = xr.open_dataset("data/grid/hybrid_height.nc")
theta = ds.air_potential_temperature
theta.mean(["grid_latitude", "grid_longitude"]).to_netcdf("profile.nc")
theta.isel(model_level_number=slice(0, None, 7)).to_netcdf("levels.nc")
