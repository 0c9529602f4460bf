# data: generated
import xarray as xr

ds = xr.open_mfdataset("made/tas_199*.nc")
ds.rolling(time=8).mean().to_netcdf("smooth.nc")
ds.tas.rolling(time=365, min_periods=300).sum().max(["lat", "lon"]).to_netcdf("years.nc")
