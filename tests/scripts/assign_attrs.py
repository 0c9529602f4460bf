# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
top = (ds.tas - 273.15).max("time")
top.assign_attrs(units="degC", long_name="highest", levels=[1, 2], factor=0.5).to_netcdf("attrs.nc")
ds.drop_vars("pr").assign_attrs({"title": "new", "n": 3}).to_netcdf("ds.nc")
