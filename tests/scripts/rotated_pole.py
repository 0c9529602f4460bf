# data: real
# exact
import xarray as xr

ds = xr.open_dataset("data/grid/rotated_pole.nc")
(ds.air_pressure_at_sea_level / 100).assign_attrs(units="hPa").to_netcdf("hpa.nc")
ds.to_netcdf("copy.nc")
