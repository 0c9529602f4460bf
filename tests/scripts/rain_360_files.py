# data: real
import xarray as xr

ds = xr.open_mfdataset("data/series/pr_HadGEM3_360/*.nc")
ds.pr.resample(time="YS").sum(min_count=12).to_netcdf("annual.nc")
ds.pr.mean("time").to_netcdf("mean.nc")
ds.isel(time=slice(5, 20)).to_netcdf("part.nc")
