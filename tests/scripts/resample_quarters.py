# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.resample(time="QS").mean().to_netcdf("qs.nc")
tas.resample(time="QS-DEC").mean().to_netcdf("season.nc")
tas.resample(time="QE").mean().to_netcdf("qe.nc")
tas.resample(time="QE-FEB").min().to_netcdf("feb.nc")
