# SPDX-License-Identifier: MIT
# Cycles over those of `stateful`, and bytes, one line a profile.
names = "stateful stats blackbox/columns blackbox/two-call"
set logscale x 2
set xlabel "N/M"
line(cost, i, y) = only(strcol("cost"), cost, only(strcol("profile"), word(names, i), y))
set multiplot layout 1, 3
set title "cycles / stateful's, 1 cycle per element merged"
set yrange [0:32]
plot for [i = 1:4] csv using "ratio":(line("1", i, column("cycles_over_stateful"))) \
    with linespoints title word(names, i)
set title "the same, merging for nothing"
set yrange [0:4]
plot for [i = 1:4] csv using "ratio":(line("0", i, column("cycles_over_stateful"))) \
    with linespoints title word(names, i)
set title "bytes / compulsory bytes"
set yrange [*:*]
set logscale y 2
plot for [i = 1:4] csv using "ratio":(line("0", i, column("bytes_over_compulsory"))) \
    with linespoints title word(names, i)
unset multiplot
