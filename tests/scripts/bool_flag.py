# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/integers.nc")
ds.i4.where(ds.flag).to_netcdf("where.nc")
(ds.flag & (ds.i4 > 0)).to_netcdf("and.nc")
(~ds.flag | (ds.i2 == 3)).to_netcdf("or.nc")
