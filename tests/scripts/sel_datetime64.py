# data: generated
# exact
import numpy as np
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas
late = np.datetime64("2002-11-05T18")
noon = tas.time[10].values
print(np.datetime64("2001-02"), np.datetime64("2001-02-03T06"), np.datetime64(11354, "D"), f"{late} {late > noon}")
print(np.datetime64("2001-02-03T06:30", "D"), np.datetime64("1969-12-31T23:59:59.5", "h"), late == np.datetime64(late, "ns"))
# A year or a month is its first moment, not all of it.
tas.sel(time=slice(np.datetime64("2001-05"), np.datetime64("2001-06"))).to_netcdf("month.nc")
tas.sel(time=slice(np.datetime64("2002"), None, 20)).to_netcdf("year.nc")
tas.sel(time=slice(np.datetime64("2001-05-03T12"), late)).to_netcdf("moments.nc")
tas.sel(time=slice(np.datetime64("2001-12"), "2002-01")).to_netcdf("mixed.nc")
tas.sel(time=np.datetime64("2001-05", "M"), method="nearest").to_netcdf("nearest.nc")
tas.sel(time=[np.datetime64("2001-05-03T12:00:00"), np.datetime64("2002-11-05T12")]).to_netcdf("listed.nc")
tas.sel(time=np.datetime64("2001-05-03T12:00:00.000", "ns")).to_netcdf("one.nc")
tas.sel(time=[late, np.datetime64("2001-05")], method="pad").to_netcdf("pad.nc")
down = tas.isel(time=slice(60, None, -1))
down.sel(time=slice(np.datetime64("2001-05-03"), np.datetime64("2001-04-20"))).to_netcdf("down.nc")
tas.loc[np.datetime64("2001-05-03"):np.datetime64("2001-05-05"), :, 0].to_netcdf("loc.nc")
tas.sel(time=tas.time > late).mean("time").to_netcdf("after.nc")
tas.where((tas.time >= np.datetime64("2003")) & ~tas.time.isin([late, np.datetime64("2003-02-03T12")]), drop=True).to_netcdf("where.nc")
around = xr.open_dataset("made/unsorted.nc")
around.sel(time=slice(np.datetime64("2000-01-02"), np.datetime64("2000-01-05"))).to_netcdf("around.nc")
