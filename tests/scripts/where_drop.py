# data: generated
# exact
import xarray as xr

area = xr.open_dataset("made/area.nc").area
area.where((area.lat > -20) & (area.lat < 45), drop=True).to_netcdf("crop.nc")
