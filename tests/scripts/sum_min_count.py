# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.sum("time").to_netcdf("plain.nc")
tas.sum("time", min_count=775).to_netcdf("counted.nc")
tas.sum(["lat", "lon"], skipna=False).to_netcdf("strict.nc")
