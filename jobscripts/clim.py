import xarray as xr
import numpy as np

ds   = xr.open_mfdataset("data/tas_*.nc")
tas  = ds.tas.sel(time=slice("1991", "2020"), lat=slice(-60, 60))
w    = np.cos(np.deg2rad(ds.lat))
clim = tas.groupby("time.month").mean("time")
anom = tas.groupby("time.month") - clim
glob = tas.weighted(w).mean(["lat", "lon"]).resample(time="MS").mean()
print(glob)
clim.to_netcdf("clim.nc")
anom.to_zarr("anom.zarr", mode="w")
glob.to_netcdf("glob.nc")
