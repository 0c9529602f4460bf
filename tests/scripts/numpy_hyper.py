# data: generated
import xarray as xr
import numpy as np

x = xr.open_dataset("made/area.nc").area
np.sinh(x).to_netcdf("sinh.nc")
np.tanh(np.cosh(x)).to_netcdf("tanh.nc")
np.hypot(x, x + 1).to_netcdf("hypot.nc")
np.expm1(np.log1p(x)).to_netcdf("same.nc")
