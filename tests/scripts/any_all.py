# data: generated
# exact
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
(tas > 295).any("time").to_netcdf("any.nc")
(tas > 240).all(["lat", "lon"]).to_netcdf("all.nc")
