# data: generated
# exact
import xarray as xr

t = xr.open_dataset("made/cal_noleap.nc").t
t.sel(time="2000-02").to_netcdf("month.nc")
t.sel(time=slice("2000-12-15", "2001-03")).to_netcdf("winter.nc")
