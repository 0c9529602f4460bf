# data: real
import xarray as xr
import numpy as np

t = xr.open_zarr("data/zarr_derived/a1b_360day_zstd.zarr").air_temperature
t.resample(time="10YS").mean().to_netcdf("decades.nc")
w = np.cos(np.deg2rad(t.latitude))
t.weighted(w).mean(["latitude", "longitude"]).to_netcdf("series.nc")
