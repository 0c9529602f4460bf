# data: generated
import xarray as xr

t = xr.open_dataset("made/hourly.nc").t
t.groupby("time.hour").mean("time").to_netcdf("hour.nc")
t.groupby("time.hour").max().to_netcdf("max.nc")
