# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
ds.tas.isel(time=slice(0, 90)).to_zarr("tas.zarr", mode="w")
ds.pr.max("time").to_zarr("pr.zarr", encoding={"pr": {"chunks": (6, 8)}})
