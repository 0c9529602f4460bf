# data: generated
# exact
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas.isel(time=slice(0, 40))
units = {"time": {"units": "hours since 2000-01-01", "dtype": "float64"}}
tas.to_netcdf("hours.nc", encoding=units)
