# data: generated
# exact
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
warm = (tas >= 285) & (tas < 290) | (tas == 280)
warm.sum("time").to_netcdf("days.nc")
(tas != tas).any("lon").to_netcdf("nan.nc")
