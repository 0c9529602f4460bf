# data: generated
import xarray as xr
import numpy as np

tas = xr.open_dataset("made/daily.nc").tas.isel(time=slice(0, 40))
es = 6.112 * np.exp(17.67 * (tas - 273.15) / (tas - 29.65))
es.to_netcdf("es.nc")
np.log(es).to_netcdf("log.nc")
np.log10(es + 1).max("time").to_netcdf("log10.nc")
np.sqrt(np.abs(tas - 280)).to_netcdf("root.nc")
