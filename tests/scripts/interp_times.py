# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.tas.interp(time="2001-03-04T06:00").to_netcdf("instant.nc")
ds.tas.interp(time=["2001-03-04T06:00", "2001-05-01", "1990-01-01"]).to_netcdf("texts.nc")
ds.tas.interp(time=ds.time[3:30:4]).to_netcdf("times.nc")
