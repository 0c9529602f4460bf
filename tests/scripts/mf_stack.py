# data: generated
import xarray as xr

years = ["made/tas_1991.nc", "made/tas_1990.nc", "made/tas_1993.nc"]
ds = xr.open_mfdataset(years, combine="nested", concat_dim="member", decode_times=False, drop_variables="time")
ds.mean("member").to_netcdf("mean.nc")
ds.isel(time=slice(20, 50)).to_netcdf("part.nc")
xr.open_mfdataset(years[:1], combine="nested", concat_dim="member").tas.max("time").to_netcdf("one.nc")
