# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/integers.nc")
ds.cumsum("time").to_netcdf("time.nc")
ds.cumsum(keep_attrs=False).to_netcdf("all.nc")
ds.i4.cumsum(["x", "time"]).to_netcdf("both.nc")
n = xr.open_dataset("made/long.nc").t.fillna(0).astype("int32")
n.cumsum("time").to_netcdf("long.nc")
