# data: generated
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
zonal = ds["tas"].mean("lon")
zonal.to_netcdf("zonal.nc")
