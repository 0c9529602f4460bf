# data: real
import xarray as xr
import numpy as np

ds = xr.open_dataset("data/grid/coads_climatology.nc4", decode_times=False)
speed = np.sqrt(ds.UWND ** 2 + ds.VWND ** 2)
speed.mean("TIME").to_netcdf("speed.nc")
(ds.SST - ds.AIRT).mean(["COADSX", "COADSY"]).to_netcdf("flux.nc")
