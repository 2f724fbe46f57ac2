# SPDX-License-Identifier: MIT
# Right answers over cycles, for both layouts.
set logscale x 10
set xlabel "cycles of both layers"
set ylabel "values that come back, %"
set format x "%.1s %c"
set xrange [1e5:7e6]
set yrange [-3:105]
percent = "100.0 * column('right') / column('asked')"
plot for [name in "first spread"] csv using "cycles":(only(strcol("layout"), name, @percent)) \
         with points pointsize 1.2 title name, \
     csv using "cycles":(only(strcol("layout"), "spread", @percent)):(strcol("mask")) \
         with labels offset 0,1 font ",10" notitle
