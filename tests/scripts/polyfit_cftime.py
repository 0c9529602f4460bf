# data: generated
# rtol: 1e-6
# atol: 1e-9
import xarray as xr

t = xr.open_dataset("made/cal_noleap.nc").t
fit = t.polyfit("time", 1)
xr.polyval(t.time, fit).to_netcdf("line.nc")
(t - xr.polyval(t.time, fit.polyfit_coefficients)).to_netcdf("detrended.nc")
