# data: generated
import xarray as xr
import numpy as np

ds = xr.open_dataset("made/daily.nc")
w = np.cos(np.deg2rad(ds.lat))
ds.tas.weighted(w).mean(["lat", "lon"]).to_netcdf("mean.nc")
ds.tas.weighted(w).sum("lat").to_netcdf("sum.nc")
