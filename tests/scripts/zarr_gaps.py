# data: generated
import xarray as xr

tas = xr.open_zarr("made/gaps.zarr").tas
tas.mean("time").to_netcdf("mean.nc")
tas.count(["lat", "lon"]).to_netcdf("n.nc")
xr.open_dataset("made/gaps.zarr", engine="zarr").tas.resample(time="MS").mean().to_zarr("month.zarr")
