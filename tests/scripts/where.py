# data: generated
# exact
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.where(tas > 280).to_netcdf("nan.nc")
tas.where(tas.lat > 0, -1.0).to_netcdf("other.nc")
tas.where(tas > 270, tas.max("time")).isel(time=slice(0, 30)).to_netcdf("array.nc")
