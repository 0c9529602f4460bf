# data: real
# exact
import numpy as np
import xarray as xr

ds = xr.open_dataset("data/grid/sst.mnmean.nc")
ds.sst.isel(time=slice(0, 24)).interp(lat=np.arange(-85.0, 86, 5), lon=np.arange(0.0, 360, 5)).to_netcdf("coarse.nc")
ds.sst.interp(time="1990-06-10", lat=[0.0, 10], lon=np.arange(180, 240, 0.5)).to_netcdf("moment.nc")
o3 = xr.open_dataset("data/grid/o3_Amon_GFDL-ESM4_historical_r1i1p1f1_gr1_185001-194912.nc")
o3.o3.interp(lat=np.linspace(-45, 45, 7)).to_netcdf("o3.nc")
