# data: generated
# exact
import xarray as xr

# loaded first: the lazy backend of xarray 2023.01 is one off with negative steps
tas = xr.open_dataset("made/daily.nc").tas.load()
tas.isel(lat=slice(None, None, -1), time=slice(40, 10, -3)).to_netcdf("back.nc")
