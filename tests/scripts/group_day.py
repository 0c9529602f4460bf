# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.groupby("time.day").mean("time").to_netcdf("day.nc")
tas.groupby("time.dayofyear").count("time").to_netcdf("dayofyear.nc")
tas.groupby("time.dayofweek").min("time").to_netcdf("dayofweek.nc")
