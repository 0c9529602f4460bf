# data: generated
# exact
import xarray as xr

ds = xr.open_zarr("made/blosc_lz4.zarr")
ds.median("time").to_netcdf("median.nc")
ds.quantile([0.1, 0.9], "time").to_zarr("quantile.zarr")
gaps = xr.open_zarr("made/gaps.zarr")
gaps.median(["lat", "lon"]).to_netcdf("gaps.nc")
