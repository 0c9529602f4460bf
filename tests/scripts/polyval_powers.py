# data: generated
# rtol: 1e-12
import numpy as np
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
c = xr.DataArray([[1.0, 2.0], [0.5, -1.0], [3.0, 0.25]], dims=("degree", "case"), coords={"degree": [3, 0, 1]})
xr.polyval(ds.lat, c).to_netcdf("lat.nc")
xr.polyval(ds.isel(time=slice(0, 9)), c.rename(degree="power"), degree_dim="power").to_netcdf("fields.nc")
