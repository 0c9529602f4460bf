# data: real
import xarray as xr
import numpy as np

ds = xr.open_dataset("data/mesh/mesh.QU.1920km.151026.nc")
np.rad2deg(ds.latCell).to_netcdf("lat.nc")
np.sqrt(ds.xCell ** 2 + ds.yCell ** 2 + ds.zCell ** 2).mean().to_netcdf("radius.nc")
