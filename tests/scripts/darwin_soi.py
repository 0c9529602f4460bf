# data: real
import xarray as xr

soi = xr.open_dataset("data/station/SOI_Darwin.nc").SOI_Darwin
soi.sel(time=slice("1951", "2000")).groupby("time.year").mean("time").to_netcdf("annual.nc")
soi.resample(time="10YS").std().to_netcdf("decades.nc")
(soi > 10).resample(time="YS").sum().to_netcdf("months.nc")
