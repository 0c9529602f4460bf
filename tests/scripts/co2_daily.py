# data: real
import xarray as xr

co2 = xr.open_dataset("data/packed/SMALL_total_column_co2.nc").tcco2
co2.resample(time="D").mean().isel(longitude=slice(None, None, 8)).to_netcdf("daily.nc")
co2.groupby("time.hour").max("time").mean("longitude").to_netcdf("hour.nc")
