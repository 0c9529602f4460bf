# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas.isel(time=slice(0, 150))
tas.resample(time="SMS").mean().to_netcdf("half.nc")
tas.resample(time="BMS").mean().to_netcdf("business.nc")
