# data: real
# exact
import xarray as xr

a = xr.open_dataset("data/refs/netcdf-c/ref_test_360_day_1900.nc")
a.sel(time=slice("1903-02", "1903-03")).to_netcdf("a.nc")
b = xr.open_dataset("data/refs/netcdf-c/ref_test_366_day_1900.nc")
b.sel(time="1901-02").to_netcdf("b.nc")
