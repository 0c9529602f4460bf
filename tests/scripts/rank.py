# data: generated
# exact
import numpy as np
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.rank("time").to_netcdf("first.nc")
tas.rank("lat", pct=True).to_netcdf("middle.nc")
tas.rank("lon", keep_attrs=False).to_netcdf("last.nc")
tas.isel(time=slice(3, 400, 7)).transpose("lon", "time", "lat").rank(dim="time", pct=True).to_netcdf("turned.nc")
# many ties, infinities, both zeros, columns of nothing but NaN
odd = np.floor((tas - 280) / 6)
odd = odd.where(odd != 1, np.inf).where(odd != -1, -np.inf).where(odd != 2, -0.0)
odd.rank("time").to_netcdf("odd.nc")
odd.where(odd.lat > 0).astype("float64").rank("time", pct=True).to_netcdf("empty.nc")
tas.isel(time=0).rank("lon").to_netcdf("row.nc")
print(tas.isel(time=slice(0, 0)).rank("time"))
