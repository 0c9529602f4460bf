# data: generated
# exact
import numpy as np
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.tas.interp(lat=np.arange(-60.0, 61, 5), lon=np.linspace(3, 330, 20)).to_netcdf("both.nc")
ds.tas.interp(lon=[10.5, 21, 400], lat=[-80.0, 1, 72]).to_netcdf("outside.nc")
ds.tas.interp(lat=np.arange(-70.0, 71, 3), lon=np.arange(0.0, 330, 4)).astype("f4").mean("time").to_netcdf("mean.nc")
ds.tas.isel(time=slice(0, 40)).interp(lat=np.arange(60.0, -61, -6)).to_netcdf("down.nc")
