# data: real
import xarray as xr

sst = xr.open_dataset("data/grid/sst.mnmean.nc").sst
sst.groupby("time.season").mean("time").to_netcdf("season.nc")
sst.resample(time="QS-DEC").mean().isel(lat=slice(20, 60)).to_netcdf("quarters.nc")
