# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/integers.nc").drop_vars("flag")
ds.coarsen(x=2, boundary="trim").sum().to_netcdf("sum.nc")
ds.coarsen(x=2, boundary="trim").max().to_netcdf("max.nc")
ds.coarsen(x=3, boundary="pad").min().to_netcdf("padded.nc")
ds[["i2", "u1", "i8"]].coarsen(time=3).prod().to_netcdf("prod.nc")
ds.coarsen(time=3, x=2, boundary="trim").sum().to_netcdf("both.nc")
