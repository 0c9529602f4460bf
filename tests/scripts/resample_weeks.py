# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas.isel(time=slice(0, 100))
tas.resample(time="W").mean().to_netcdf("week.nc")
tas.resample(time="W-WED").max().to_netcdf("wed.nc")
tas.resample(time="2W").count().to_netcdf("two.nc")
