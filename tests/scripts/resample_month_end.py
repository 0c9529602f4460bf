# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.resample(time="ME").mean().to_netcdf("end.nc")
tas.resample(time="ME", closed="left").count().to_netcdf("left.nc")
tas.resample(time="MS", label="right").max().to_netcdf("label.nc")
