# data: real
import xarray as xr

ds = xr.open_dataset("data/station/ahccd_1950-2013.nc")
pr = ds.pr.sel(time=slice("1990", "1995"))
pr.resample(time="MS").sum(min_count=20).to_netcdf("monthly.nc")
ds.tasmax.groupby("time.dayofyear").mean("time").to_netcdf("doy.nc")
