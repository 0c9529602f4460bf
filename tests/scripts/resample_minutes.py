# data: generated
import xarray as xr

t = xr.open_dataset("made/minutely.nc").t
t.resample(time="15min").mean().to_netcdf("quarter.nc")
t.resample(time="h").max().to_netcdf("hour.nc")
s = xr.open_dataset("made/secondly.nc").t
s.resample(time="30s").mean().to_netcdf("half.nc")
