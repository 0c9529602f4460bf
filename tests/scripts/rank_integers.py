# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/integers.nc")
ds.rank("time").to_netcdf("time.nc")
ds.rank("x", pct=True, keep_attrs=False).to_netcdf("x.nc")
(ds.i4 > 0).rank("time", pct=True).to_netcdf("flags.nc")
xr.open_dataset("made/integers.nc", mask_and_scale=False).rank("time").to_netcdf("raw.nc")
xr.open_dataset("made/packed.nc").rank("time").to_netcdf("packed.nc")
