# data: real
# exact
import xarray as xr

ds = xr.open_dataset("data/grid/sst.mnmean.nc")
kelvin = ds.sst + 273.15
kelvin.sel(time="2015").max("time").to_netcdf("year.nc")
kelvin.sel(time="2015-03-01").to_netcdf("day.nc")
kelvin.sel(time="2015-03-20", method="nearest").to_netcdf("near.nc")
kelvin.sel(time=slice("2019-11", None)).to_netcdf("end.nc")
