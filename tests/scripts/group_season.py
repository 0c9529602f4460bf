# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.groupby("time.season").mean("time").to_netcdf("mean.nc")
tas.groupby("time.season").max("time").to_netcdf("max.nc")
