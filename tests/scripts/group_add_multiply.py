# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
top = tas.groupby("time.year").max("time")
(tas.groupby("time.year") + top).to_netcdf("add.nc")
(tas.groupby("time.year") * top).to_netcdf("mul.nc")
