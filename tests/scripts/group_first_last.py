# data: generated
# exact
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.groupby("time.month").first().to_netcdf("first.nc")
tas.groupby("time.year").last().to_netcdf("last.nc")
tas.resample(time="MS").first().to_netcdf("month.nc")
