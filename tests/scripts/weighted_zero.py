# data: generated
import xarray as xr

t = xr.open_dataset("made/left.nc").t
w = (t.lat > 0).astype("f8")
t.sel(lat=slice(None, 0)).weighted(w).mean("lat").to_netcdf("nothing.nc")
t.weighted(w).mean("lat").to_netcdf("half.nc")
