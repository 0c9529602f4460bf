# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.tas.sel(lat=12, lon=21.0).to_netcdf("point.nc")
ds.tas.sel(time="2002-03-01T12:00:00").to_netcdf("day.nc")
