# data: generated
import xarray as xr

tas = xr.open_dataset("made/bounds.nc").tas
tas.coarsen(y=2, x=3, boundary="trim").mean().to_netcdf("grid.nc")
tas.coarsen(time=12).max().to_netcdf("years.nc")
tas.coarsen(time=6, coord_func={"time": "min", "latitude": "max"}).mean().to_netcdf("halves.nc")
