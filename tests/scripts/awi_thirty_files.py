# data: real
import xarray as xr

ds = xr.open_mfdataset("data/series/ta_AWI_yearly/*.nc")
clim = ds.ta.groupby("time.season").mean("time")
clim.to_zarr("clim.zarr")
(ds.ta.groupby("time.season") - clim).mean(["lat", "lon"]).to_netcdf("anom.nc")
