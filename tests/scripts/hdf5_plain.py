# data: real
import xarray as xr

a = xr.open_dataset("data/hdf5/chunked_shufzip_twoD.h5")
a.d_4_shufzip_chunks.mean("phony_dim_0").to_netcdf("a.nc")
b = xr.open_dataset("data/hdf5/chunked_gzipped_twoD.h5")
b.d_4_gzipped_chunks.max("phony_dim_1").to_netcdf("b.nc")
