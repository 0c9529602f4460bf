# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.groupby("time.quarter").var("time").to_netcdf("quarter.nc")
tas.groupby("time.days_in_month").mean("time").to_netcdf("length.nc")
tas.groupby("time.weekday").mean(["time", "lon"]).to_netcdf("weekday.nc")
