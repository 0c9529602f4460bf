#!/bin/sh
# The example's data: tas_1990.nc ... tas_2021.nc, daily, 15 x 20 degrees, a seasonal cycle, a trend and some weather.
#   example_data.sh DIRECTORY [FIRST LAST]      needs awk and ncgen (netcdf-bin)
set -eu
dir=$1 first=${2:-1990} last=${3:-2021}
year=$first
while [ "$year" -le "$last" ]; do
    if [ ! -f "$dir/tas_$year.nc" ]; then
        awk -v year="$year" 'BEGIN {
            leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
            days = 365 + leap; pi = 3.14159265358979; seed = year * 7919 % 233280
            printf "netcdf tas {\ndimensions:\n time = UNLIMITED; lat = 12; lon = 18;\nvariables:\n"
            printf " double time(time); time:units = \"days since %d-01-01\"; time:calendar = \"standard\";\n", year
            printf " double lat(lat); lat:units = \"degrees_north\"; lat:standard_name = \"latitude\";\n"
            printf " double lon(lon); lon:units = \"degrees_east\"; lon:standard_name = \"longitude\";\n"
            printf " float tas(time, lat, lon); tas:units = \"K\"; tas:long_name = \"air temperature\";\n"
            printf "  tas:_ChunkSizes = 31, 12, 18; tas:_DeflateLevel = 1; tas:_Shuffle = \"true\";\n"
            printf "// global attributes:\n :Conventions = \"CF-1.8\"; :title = \"Amasia example: synthetic temperatures\";\ndata:\n time = "
            for (d = 0; d < days; d++) printf "%s%.1f", d ? ", " : "", d + 0.5
            printf ";\n lat = "; for (j = 0; j < 12; j++) printf "%s%.1f", j ? ", " : "", -82.5 + 15 * j
            printf ";\n lon = "; for (i = 0; i < 18; i++) printf "%s%d", i ? ", " : "", 20 * i
            printf ";\n tas = "
            for (d = 0; d < days; d++) for (j = 0; j < 12; j++) {
                phi = (-82.5 + 15 * j) * pi / 180
                mean = 300 - 45 * sin(phi) ^ 2 - 14 * sin(phi) * cos(2 * pi * (d - 20) / days) + 0.02 * (year - 1990)
                for (i = 0; i < 18; i++) {
                    seed = (seed * 9301 + 49297) % 233280
                    printf "%s%.2f", (d + j + i) ? ", " : "", mean + 2 * sin(2 * pi * (i / 6 + d / 9)) + 3 * (seed / 233280 - 0.5)
                }
            }
            printf ";\n}\n"
        }' > "$dir/tas_$year.cdl"
        ncgen -k nc4 -o "$dir/tas_$year.part" "$dir/tas_$year.cdl"
        rm "$dir/tas_$year.cdl"
        mv "$dir/tas_$year.part" "$dir/tas_$year.nc"
    fi
    year=$((year + 1))
done
