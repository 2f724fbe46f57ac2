# SPDX-License-Identifier: MIT
# Where each model does REG: all answers right, or not; over N and D.
set logscale xy 2
set xlabel "N"
set ylabel "D"
set format x "%.0f"
set format y "%.0f"
set xrange [40:7000]
set xtics (64, 256, 1024, 4096)
set yrange [3:90]
set key off
set multiplot layout 1,3
do for [name in "standard sparse linear"] {
    set title name
    solved(y) = strcol("task") eq "reg" && strcol("model") eq name && \
                column("right") == column("asked") ? y : NaN
    failed(y) = strcol("task") eq "reg" && strcol("model") eq name && \
                column("right") != column("asked") ? y : NaN
    plot csv using "tokens":(solved(column("dim"))) with points pointtype 7 pointsize 1.2, \
         csv using "tokens":(failed(column("dim"))) with points pointtype 6 pointsize 1.2, \
         sqrt(x) with lines dashtype 2 linecolor "black"
}
unset multiplot
