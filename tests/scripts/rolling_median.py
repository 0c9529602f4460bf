# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.tas.rolling(time=5, center=True, min_periods=1).median().to_netcdf("five.nc")
ds.rolling(time=4).median().to_netcdf("four.nc")
ds.pr.rolling(time=61, center=True).median(keep_attrs=False).to_netcdf("long.nc")
ds.tas.isel(time=slice(50)).rolling(time=80, min_periods=3).median().to_netcdf("wide.nc")
ds.tas.rolling(lon=6, min_periods=2).median().max("time").to_netcdf("lon.nc")
(ds.tas - ds.tas.rolling(time=31, center=True, min_periods=5).median()).isel(lat=slice(3, 9)).to_zarr("residual.zarr")
ds.pr.astype("f8").rolling(lat=3).median().isel(time=slice(100, 140)).to_netcdf("double.nc")
integers = xr.open_dataset("made/integers.nc").drop_vars("flag")
integers.rolling(time=3, min_periods=1).median().to_netcdf("integers.nc")
integers.rolling(x=4, center=True).median().to_netcdf("integers_x.nc")
xr.open_mfdataset("made/tas_199*.nc").tas.rolling(time=15).median().isel(time=slice(None, None, 7)).to_netcdf("files.nc")
