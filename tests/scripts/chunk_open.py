# data: generated
# chunks
import xarray as xr

ds = xr.open_dataset("made/daily.nc", chunks={"time": 74, "level": 3})
ds.to_zarr("opened.zarr")
(ds.tas * 2).to_zarr("twice.zarr")
xr.open_dataset("made/bounds.nc", chunks={}).to_zarr("stored.zarr")
xr.open_dataset("made/hourly.nc", chunks=40).to_zarr("equal.zarr")
zstd = xr.open_zarr("made/zstd.zarr", chunks={"time": 60}).tas
zstd.to_zarr("kept.zarr")
(zstd + 1).to_zarr("more.zarr")
zstd.compute().to_zarr("computed.zarr")
