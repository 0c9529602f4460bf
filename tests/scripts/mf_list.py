# data: generated
import xarray as xr

ds = xr.open_mfdataset(["made/tas_1992.nc", "made/tas_1991.nc"])
ds.tas.mean("time").to_netcdf("mean.nc")
ds.tas.isel(time=slice(360, 370)).to_netcdf("seam.nc")
ds.orog.to_netcdf("orog.nc")
