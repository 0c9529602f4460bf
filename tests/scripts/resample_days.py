# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas.isel(time=slice(0, 100))
tas.resample(time="5D").mean().to_netcdf("pentad.nc")
tas.resample(time="10D", closed="right", origin="start").max().to_netcdf("right.nc")
tas.resample(time="10D", label="right").min().to_netcdf("label.nc")
