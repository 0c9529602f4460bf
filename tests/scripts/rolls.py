# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.roll(lon=8).to_netcdf("round.nc")
ds.tas.roll(lon=-5, lat=1, roll_coords=True).to_netcdf("labels.nc")
ds.tas.roll(time=100).mean("lon").max("lat").to_netcdf("time.nc")
xr.open_dataset("made/integers.nc").roll(time=1, roll_coords=True).to_netcdf("integers.nc")
