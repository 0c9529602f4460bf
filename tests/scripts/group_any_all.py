# data: generated
# exact
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
(tas > 290).groupby("time.month").any("time").to_netcdf("any.nc")
(tas > 250).groupby("time.season").all("time").to_netcdf("all.nc")
