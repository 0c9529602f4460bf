# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.std("time").to_netcdf("std.nc")
tas.var("time", ddof=1).to_netcdf("var1.nc")
tas.std(["lat", "lon"], ddof=1).to_netcdf("space.nc")
