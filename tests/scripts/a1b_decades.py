# data: real
import xarray as xr

t = xr.open_dataset("data/grid/A1B_north_america.nc").air_temperature
t.resample(time="10YS").mean().to_netcdf("decades.nc")
future = t.sel(time=slice("2070", "2098")).mean("time")
past = t.sel(time=slice("1961", "1990")).mean("time")
(future - past).to_netcdf("change.nc")
