# data: real
import xarray as xr

snw = xr.open_dataset("data/station/snw_day_CanESM5_historical_r1i1p1f1_gn_19910101-20101231.nc").snw
total = snw.cumsum("time")
total.isel(time=slice(None, None, 365)).to_netcdf("total.nc")
(snw - snw.mean("time")).cumsum("time").max("time").to_netcdf("swing.nc")
halves = [snw.sel(time="1998").mean("time"), snw.sel(time="2005").mean("time")]
xr.concat(halves, xr.DataArray([1998, 2005], dims="year", name="year")).to_netcdf("years.nc")
