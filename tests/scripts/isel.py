# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.tas.isel(time=-1).to_netcdf("last.nc")
ds.tas.isel(time=slice(5, 700, 13), lat=slice(None, None, 2)).to_netcdf("steps.nc")
ds.isel(lat=[0, 5, 5, 12], lon=-3).to_netcdf("list.nc")
