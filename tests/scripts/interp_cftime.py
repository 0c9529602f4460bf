# data: generated
# exact
import xarray as xr

t = xr.open_dataset("made/cal_noleap.nc").t
t.interp(time="2000-02-11T06:00:00").to_netcdf("instant.nc")
t.interp(time=["2000-03-01", "2000-02-11", "2010-01-01"]).to_netcdf("texts.nc")
t.astype("f4").interp(time=t.time[40:60:3]).to_netcdf("times.nc")
t.interp(time=["2000-03-01", "2000-02-11T12"], method="nearest").to_netcdf("nearest.nc")
