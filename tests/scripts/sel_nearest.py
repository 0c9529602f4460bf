# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.tas.sel(lat=6, lon=100, method="nearest").to_netcdf("tie.nc")
ds.tas.sel(time="2001-12-24", method="nearest").to_netcdf("day.nc")
