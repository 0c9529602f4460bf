# data: generated
# rtol: 1e-8
# atol: 1e-10
import numpy as np
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
t = np.linspace(-1, 1, ds.sizes["time"])
some = ds.tas.isel(lat=slice(3, 12), lon=slice(4, 15)).assign_coords(time=t)
gaps = some.where((some.time < -0.3) | (some.time > 0.1))
gaps.polyfit("time", 2).to_netcdf("gaps.nc")
gaps.polyfit("time", 4, skipna=True).to_netcdf("four.nc")
(ds.pr * 1e5).assign_coords(time=t).polyfit("time", 7, skipna=False).to_netcdf("seven.nc")
(ds.pr * 1e5).astype("i4").polyfit("lon", 3).to_netcdf("ints.nc")
