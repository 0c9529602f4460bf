# data: generated
import xarray as xr

tas = xr.open_dataset("made/daily.nc").tas.isel(time=slice(0, 60))
pack = {"dtype": "int16", "scale_factor": 0.01, "add_offset": 273.15, "_FillValue": -32767}
tas.to_netcdf("packed.nc", encoding={"tas": pack})
