# data: generated
# exact
import xarray as xr

methods = [
    "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen", "weibull",
    "linear", "median_unbiased", "normal_unbiased", "lower", "higher", "midpoint", "nearest",
]
ds = xr.open_dataset("made/daily.nc")
q = [0, 0.01, 0.125, 0.25, 0.5, 0.7, 0.999, 1]
for method in methods:
    ds.tas.isel(lat=[0, 7, 12]).quantile(q, "time", method=method).to_netcdf(f"tas_{method}.nc")
    ds.pr.isel(time=slice(0, 400, 16)).astype("float64").quantile(q, ["lat", "time"], method=method).to_netcdf(f"pr_{method}.nc")
    ds.tas.quantile(0.5, "lat", method=method).to_netcdf(f"lat_{method}.nc")
