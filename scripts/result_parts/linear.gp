# SPDX-License-Identifier: MIT
# Calls, cycles and bytes of linear attention over N/M, and its error.
set logscale x 2
set xlabel "N/M"
set xtics 4
set multiplot layout 1, 2
set logscale y 10
set format y "10^{%L}"
set title "calls, cycles, bytes"
plot for [figure in "bytes cycles calls"] csv using "ratio":(column(figure)) with linespoints title figure
unset logscale y
set format y "%.1e"
set yrange [0:2.5e-3]
set key bottom
set title "rms error / rms of the output"
plot csv using "ratio":"rms" with linespoints title "linear attention", \
     2e-3 with lines dashtype 2 linecolor "black" title "threshold, 2·10^{-3}"
unset multiplot
