# data: generated
# exact
import xarray as xr
import numpy as np

tas = xr.open_dataset("made/daily.nc").tas.isel(time=slice(0, 40))
np.floor(tas).to_netcdf("floor.nc")
np.ceil(tas / 7).to_netcdf("ceil.nc")
np.sign(tas - 275).to_netcdf("sign.nc")
np.isnan(tas).sum("time").to_netcdf("nan.nc")
np.isfinite(tas).all("lat").to_netcdf("finite.nc")
