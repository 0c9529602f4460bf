# data: real
import xarray as xr
import numpy as np

ds = xr.open_dataset("data/grid/sst.mnmean.nc")
box = ds.sst.sel(lat=slice(5, -5), lon=slice(190, 240))
w = np.cos(np.deg2rad(box.lat))
nino = box.weighted(w).mean(["lat", "lon"])
index = nino.groupby("time.month") - nino.groupby("time.month").mean("time")
print(index)
index.to_netcdf("nino34.nc")
