# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.resample(time="YS").mean().to_netcdf("ys.nc")
tas.resample(time="YE").mean().to_netcdf("ye.nc")
tas.resample(time="YS-JUL").var(ddof=1).to_netcdf("jul.nc")
tas.resample(time="YE-SEP").sum().to_netcdf("sep.nc")
