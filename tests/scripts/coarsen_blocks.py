# data: generated
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.tas.coarsen(time=8).mean().to_netcdf("mean.nc")
ds.coarsen(time=30, boundary="trim").max().to_netcdf("max.nc")
ds.tas.coarsen(time=7, boundary="pad").sum().to_netcdf("sum.nc")
ds.tas.coarsen(time=3, boundary="trim", side="right").min().to_netcdf("right.nc")
ds.tas.coarsen(lon=4, boundary="pad", side="right").count().to_netcdf("count.nc")
ds.pr.astype("f8").coarsen(time=16).std().to_netcdf("std.nc")
