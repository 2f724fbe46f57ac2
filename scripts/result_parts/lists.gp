# SPDX-License-Identifier: MIT
# Right operators of each expression over its length, by mask.
set xlabel "tokens of the expression"
set ylabel "operators that are right, %"
set xrange [400:2000]
set yrange [0:105]
percent = "100.0 * column('right') / column('asked')"
plot for [name in "'all' 'window 1024' 'window 256' 'window 128' 'window 32' 'sinks 128'"] \
     csv using "tokens":(only(strcol("mask"), name, @percent)) with points pointsize 1 title name
