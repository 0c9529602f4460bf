# data: real
import xarray as xr

sst = xr.open_dataset("data/grid/sst.mnmean.nc").sst
sst.resample(time="YS").mean().to_netcdf("annual.nc")
sst.resample(time="YE").max().mean("lon").to_netcdf("max.nc")
sst.groupby("time.year").std("time").mean(["lat", "lon"]).to_netcdf("std.nc")
