# data: generated
# exact
# Rows of 750 and 900 values picked along slower axes: in order, again and again, backwards, missing, turned.
import numpy as np
import xarray as xr

t = xr.open_dataset("made/long.nc").t
t = t.assign_coords(time=np.arange(900.0))
some = t.isel(time=[3, 4, 4, 9, 8, 7, 3, 880, 899, 0])
(some * 2 + some.isel(time=0, drop=True)).to_netcdf("some.nc")
(t.isel(time=np.arange(899, -1, -1) // 3 * 3).drop_vars("time") - t.drop_vars("time")).max("time").to_netcdf("thirds.nc")
(t - t.shift(time=2)).to_netcdf("shifted.nc")
(t.shift(time=-300).fillna(0.5) + 1).min("time").to_netcdf("far.nc")
t.interp(time=np.arange(0.25, 899, 3.5)).to_netcdf("interp.nc")
turned = t.transpose("y", "x", "time")
(turned.isel(x=[1, 2, 2, 0, 24], y=[5, 4, 6, 6]) - 1).to_netcdf("turned.nc")
extremes = t.transpose("y", "time", "x").isel(x=3).max("time")
(t.isel(x=3) - extremes.isel(y=np.arange(29, -1, -1)).drop_vars("y")).to_netcdf("column.nc")
both = xr.concat([t, t + 1], "k").isel(k=[1, 0, 1, 1], time=[7, 3, 3, 5, 8])
(both * both.isel(k=0)).to_netcdf("both.nc")
