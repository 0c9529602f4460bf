# data: generated
# exact
import xarray as xr

t = xr.open_dataset("made/unsorted.nc").t
t.isel(time=slice(2, 6)).to_netcdf("part.nc")
t.groupby("time.day").max("time").to_netcdf("day.nc")
