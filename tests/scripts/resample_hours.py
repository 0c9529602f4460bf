# data: generated
import xarray as xr

t = xr.open_dataset("made/hourly.nc").t.isel(time=slice(0, 200))
t.resample(time="D").mean().to_netcdf("day.nc")
t.resample(time="7h").count().to_netcdf("seven.nc")
t.resample(time="7h", origin="start").count().to_netcdf("start.nc")
t.resample(time="7h", origin="epoch").count().to_netcdf("epoch.nc")
t.resample(time="7h", offset="1h").count().to_netcdf("offset.nc")
