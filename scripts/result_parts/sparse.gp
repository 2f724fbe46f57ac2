# SPDX-License-Identifier: MIT
# Calls over N at M = 2 sqrt(N).
set logscale xy 2
set xlabel "N, with M = 2√N"
set ylabel "calls"
set format x "%.0f"
set xrange [180:93000]
plot for [name in "causal sparse"] csv using "tokens":(only(strcol("mask"), name, column("calls"))) \
         with linespoints title name, \
     csv using "tokens":(only(strcol("mask"), "sparse", column("at_least"))) with linespoints \
         title "sparse: no schedule needs fewer", \
     sqrt(x) with lines dashtype 2 linecolor "black" title "√N"
