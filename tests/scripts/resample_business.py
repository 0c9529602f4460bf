# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas.isel(time=slice(0, 150))
tas.resample(time="BME").mean().to_netcdf("bme.nc")
tas.resample(time="SME").mean().to_netcdf("sme.nc")
tas.isel(lat=3, time=slice(0, 30)).resample(time="B").max().to_netcdf("b.nc")
