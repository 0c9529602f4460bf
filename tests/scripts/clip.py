# data: generated
# exact
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.clip(265, 285).to_netcdf("both.nc")
tas.clip(min=270).min("time").to_netcdf("low.nc")
tas.clip(max=280.5).to_netcdf("high.nc")
