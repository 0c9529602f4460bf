# data: generated
# rtol: 1e-7
# atol: 1e-9
# Values in a part of the labels alone, in another part for each row of cells, whole columns missing.
import numpy as np
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
tas = ds.tas.isel(time=slice(0, 800, 5), lat=slice(3, 9), lon=slice(2, 8))
tas = tas.assign_coords(time=np.linspace(0, 1, tas.sizes["time"]))
tas.where(tas.time < 0.5).polyfit("time", 6).to_netcdf("half.nc")
tas.where(tas.time > 0.9).polyfit("time", 2).to_netcdf("tenth.nc")
tas.where((tas.time > (tas.lat + 90) / 400) & (tas.lon < 120)).polyfit("time", 4).to_netcdf("wedge.nc")
tas.where(tas.lat > -20, 0.0).astype("float64").polyfit("time", 3, skipna=True).to_netcdf("zeros.nc")
