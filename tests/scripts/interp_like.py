# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
part = ds.tas.isel(time=0, lat=slice(2, 9), lon=slice(0, None, 3))
ds.tas.interp_like(part.drop_vars("time")).to_netcdf("part.nc")
ds.isel(time=slice(5, 20)).interp_like(ds.isel(lat=slice(None, None, -1), time=slice(7, 15)), method="nearest").to_netcdf("turned.nc")
shifted = part.assign_coords(lat=part.lat + 1.5, lon=part.lon - 2)
ds.tas.interp_like(shifted.drop_vars("time")).to_netcdf("shifted.nc")
