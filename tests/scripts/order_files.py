# data: generated
# exact
import xarray as xr

tas = xr.open_mfdataset("made/tas_*.nc").tas
tas.median("time").to_netcdf("median.nc")
tas.quantile([0.1, 0.9], "time").to_netcdf("quantile.nc")
tas.groupby("time.month").quantile(0.9, "time").to_netcdf("month.nc")
(tas.median("time") - tas.mean("time") * 0).to_zarr("both.zarr")
