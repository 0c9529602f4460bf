# data: generated
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
clim = ds.groupby("time.season").mean("time")
anom = ds.groupby("time.season") - clim
anom.to_zarr("anom.zarr")
