# SPDX-License-Identifier: MIT
# Calls over (N/M)^2 of causal attention, on a device that keeps its state.
set logscale x 2
set xlabel "N/M"
set ylabel "calls / (N/M)²"
set xrange [1.8:144]
set yrange [0:1.1]
set key right center
plot for [name in "'causal' 'query × key'"] csv using \
         "ratio":(only(strcol("oracle"), name, only(strcol("profile"), "stateful", \
                  column("calls") / column("ratio")**2))) \
         with linespoints title name, \
     csv using "ratio":(only(strcol("oracle"), "causal", only(strcol("profile"), "stateful", \
                  column("at_least") / column("ratio")**2))) \
         with lines linecolor "black" title "causal calls: at least"
