# data: generated
# exact
# chunks
# memory: 1GiB,16MiB
# Chunks that every tile fills a part of, on all ranks; with the small budget they are made in panels.
import numpy as np
import xarray as xr

ds = xr.open_dataset("made/long.nc")
k = xr.DataArray(np.arange(1.0, 5.0), dims="k")
many = ds.t * k
pencils = {"time": 900, "y": 6, "x": 5, "k": 1}
many.chunk(pencils).to_zarr("pencils.zarr")
many.rename("m").to_netcdf("pencils.nc", encoding={"m": {"zlib": True, "complevel": 1, "chunksizes": (900, 7, 6, 3)}})
many.transpose("x", "k", "time", "y").chunk({"x": 2, "k": 4, "time": 450, "y": 30}).to_zarr("turned.zarr")
ds.t.to_netcdf("odd.nc", encoding={"t": {"zlib": True, "chunksizes": (100, 11, 25)}})
