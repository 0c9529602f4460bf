# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.mean("time", skipna=False).to_netcdf("strict.nc")
tas.mean(["lat", "lon"], skipna=True).to_netcdf("loose.nc")
