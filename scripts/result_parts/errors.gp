# SPDX-License-Identifier: MIT
# Error over N/M, one line a profile, fp32 and bf16 outputs side by side.
names = "stateful stats blackbox/columns blackbox/two-call"
set logscale x 2
set xlabel "N/M"
set ylabel "rms error / rms of the output"
set format y "%.1e"
set yrange [0:*]
set key bottom
set multiplot layout 1, 2
do for [form in "fp32 bf16"] {
    set title form . " output"
    plot for [i = 1:4] csv using "ratio": \
        (only(strcol("format"), form, only(strcol("profile"), word(names, i), column("rms")))) \
        with linespoints linewidth 5 - i title word(names, i)
}
unset multiplot
