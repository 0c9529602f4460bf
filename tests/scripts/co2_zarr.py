# data: real
import xarray as xr

co2 = xr.open_zarr("data/zarr_derived/co2_packed_zlib.zarr").tcco2
co2.mean("time").to_netcdf("mean.nc")
co2.sel(latitude=slice(20, -20)).max("longitude").to_netcdf("max.nc")
