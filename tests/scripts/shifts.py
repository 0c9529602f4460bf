# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.shift(time=2).to_netcdf("later.nc")
ds.tas.shift(time=-3, lon=1).to_netcdf("both.nc")
ds.tas.shift(lat=2, fill_value=0).to_netcdf("filled.nc")
ds.shift(time=400, fill_value={"tas": -1.5}).to_netcdf("named.nc")
(ds.tas - ds.tas.shift(time=1)).max("time").to_netcdf("jump.nc")
i = xr.open_dataset("made/integers.nc")
i.drop_vars(["flag", "u4"]).shift(time=1).to_netcdf("integers.nc")
i.shift(x=-1, fill_value=True).flag.to_netcdf("flag.nc")
