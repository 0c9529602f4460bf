# data: generated
# exact
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.isel(lat=slice(None, None, -1), time=slice(40, 10, -3)).to_netcdf("back.nc")
