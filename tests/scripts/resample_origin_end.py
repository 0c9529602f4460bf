# data: generated
import xarray as xr

t = xr.open_dataset("made/hourly.nc").t.isel(time=slice(0, 100))
t.resample(time="7h", origin="end").count().to_netcdf("end.nc")
t.resample(time="7h", origin="end_day").sum().to_netcdf("day.nc")
