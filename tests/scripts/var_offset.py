# data: generated
import xarray as xr

# A large mean against a small spread: one pass over sums of squares would lose it.
x = xr.open_dataset("made/classic.nc").double
(x + 1e6).var("lon").to_netcdf("var.nc")
