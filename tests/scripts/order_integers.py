# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/integers.nc")
ds.median("time").to_netcdf("median.nc")
ds.median("x").to_netcdf("median_x.nc")
numbers = ds.drop_vars("flag")
for method in ["linear", "lower", "nearest", "midpoint", "hazen", "inverted_cdf"]:
    numbers.quantile([0.2, 0.5, 0.77], "time", method=method).to_netcdf(f"{method}.nc")
numbers.i2.quantile(0.4, method="higher").to_netcdf("all.nc")
