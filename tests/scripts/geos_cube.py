# data: real
import xarray as xr

ds = xr.open_dataset("data/mesh/test-c12.native.nc4")
ds["T"].mean(["nf", "Ydim", "Xdim"]).to_netcdf("profile.nc")
ds.PHIS.max("nf").to_netcdf("top.nc")
