# data: generated
import xarray as xr

ds = xr.open_mfdataset("made/tas_199*.nc")
ds.rolling(time=8).mean().to_netcdf("smooth.nc")
ds.tas.rolling(time=365, min_periods=300).sum().max(["lat", "lon"]).to_netcdf("years.nc")
year = xr.open_dataset("made/tas_1990.nc")
year.rolling(time=3).mean().to_netcdf("not_unlimited.nc")
year.coarsen(time=5).mean().to_netcdf("coarse.nc")
