# data: generated
# exact
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
region = xr.open_dataset("made/area.nc").region
tas.where(region == 1).max(["lat", "lon"]).to_netcdf("one.nc")
tas.where((region == 2) & (tas.lon > 100)).count("time").to_netcdf("two.nc")
