# SPDX-License-Identifier: MIT
# Calls of a causal window over its width, without sinks, on a device that keeps its state.
set xlabel "window W, M = 128"
set ylabel "calls, N = 16,384"
set xrange [0:104]
set yrange [0:*]
plot for [name in "query-resident strided"] csv using \
         "window":(only(strcol("schedule"), name, only(strcol("profile"), "stateful", \
                   column("sinks") == 0 ? column("calls") : NaN))) \
         with linespoints title name
