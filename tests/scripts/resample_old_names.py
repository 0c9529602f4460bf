# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.resample(time="M").mean().to_netcdf("m.nc")
tas.resample(time="AS").mean().to_netcdf("as.nc")
xr.open_dataset("made/hourly.nc").t.resample(time="6H").max().to_netcdf("h.nc")
