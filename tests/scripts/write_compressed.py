# data: generated
# exact
import xarray as xr

ds = xr.open_dataset("made/daily.nc")
how = {"zlib": True, "complevel": 4, "shuffle": True, "chunksizes": (50, 6, 17)}
ds.tas.isel(time=slice(0, 130)).to_netcdf("deflated.nc", encoding={"tas": how})
ds.pr.max("time").to_netcdf("f8.nc", encoding={"pr": {"dtype": "float64", "zlib": True}})
