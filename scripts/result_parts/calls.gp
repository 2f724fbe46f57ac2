# SPDX-License-Identifier: MIT
# Calls, cycles and bytes over N/M, one line a mask.
names = "dense causal window 'window and sinks' sparse"
set logscale x 2
set logscale y 10
set format y "10^{%L}"
set xlabel "N/M"
set xtics 4
set multiplot layout 1, 3
do for [figure in "calls cycles bytes"] {
    set title figure
    plot for [i = 1:5] csv using "ratio":(only(strcol("mask"), word(names, i), column(figure))) \
        with linespoints title word(names, i)
    unset key
}
unset multiplot
