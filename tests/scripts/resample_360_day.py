# data: generated
import xarray as xr

t = xr.open_dataset("made/cal_360_day.nc").t
t.resample(time="ME").mean().to_netcdf("me.nc")
t.resample(time="YS").sum().to_netcdf("ys.nc")
t.resample(time="QE").min().to_netcdf("qe.nc")
