# data: generated
# exact
import xarray as xr
import numpy as np

ds = xr.open_dataset("made/daily.nc")
ds.tas.astype("float64").to_netcdf("f8.nc")
ds.tas.fillna(0).astype("int32").to_netcdf("i4.nc")
ds.tas.fillna(-0.5).astype(np.int16).sum("time").to_netcdf("i2.nc")
