# data: generated
# exact
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
tas.sel(time="2002-02").to_netcdf("month.nc")
tas.sel(time="2002").to_netcdf("year.nc")
tas.sel(time=slice("2001-12-30", "2002-01-02T12")).to_netcdf("days.nc")
