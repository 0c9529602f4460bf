# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/classic.nc")
ds.tas.max("time").to_netcdf("a.nc", format="NETCDF3_64BIT")
ds.to_netcdf("b.nc", format="NETCDF4")
