# data: real
# exact
import xarray as xr

ds = xr.open_mfdataset("data/series/pr_HadGEM3_360/*.nc")
ds.pr.median("time").to_netcdf("median.nc")
ds.pr.resample(time="YS").quantile(0.9).to_netcdf("annual.nc")
theta = xr.open_dataset("data/grid/hybrid_height.nc").air_potential_temperature
theta.quantile([0.05, 0.5, 0.95], ["grid_latitude", "grid_longitude"], method="hazen").to_netcdf("profile.nc")
tem = xr.open_dataset("data/grid/absolute.nc").tem
tem.median("time").to_netcdf("tem.nc")
