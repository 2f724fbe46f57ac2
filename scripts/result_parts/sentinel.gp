# SPDX-License-Identifier: MIT
# Calls over the sentinel's height, and the error: what is left, and what 1 - w would lose by itself.
set xlabel "sentinel over the typical row maximum, powers of two"
set xrange [-125:125]
set multiplot layout 1, 2
set title "calls, with those retried"
set yrange [0:560]
plot for [form in "columns two-call"] csv using "offset":(only(strcol("form"), form, column("calls"))) \
    with linespoints title form
set title "rms error / rms of the output"
set key bottom left
set logscale y 10
set format y "10^{%L}"
set yrange [1e-8:100]
plot for [form in "columns two-call"] csv using "offset":(only(strcol("form"), form, column("rms"))) \
    with linespoints title form, \
    2**-23 * (1 + 2**-x) with lines dashtype 2 linecolor "black" \
        title "1 − w alone (formula)"
unset multiplot
