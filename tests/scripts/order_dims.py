# data: generated
# exact
import numpy as np
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.tas.median().to_netcdf("all.nc")
ds.pr.quantile([0.25, 0.75]).to_netcdf("all_q.nc")
ds.tas.median(["lat", "lon"]).to_netcdf("series.nc")
ds.tas.quantile(np.array([0.1, 0.9]), ["time", "lon"]).to_netcdf("zonal.nc")
ds.tas.median("lon").to_netcdf("lon.nc")
ds.tas.quantile([0.3, 0.8], "lat").to_netcdf("lat.nc")
(ds.tas - ds.tas.median("time")).quantile(0.5, "lon").to_netcdf("spread.nc")
ds.tas.isel(time=slice(None, None, -3), lat=slice(2, 9)).median(["time", "lat"]).to_zarr("part.zarr")
