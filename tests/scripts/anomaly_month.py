# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
by_month = tas.groupby("time.month")
anom = by_month - by_month.mean("time")
anom.to_netcdf("anom.nc")
