# SPDX-License-Identifier: MIT
# Weights a cycle of one row times a matrix, for each form, and what the port brings.
set logscale x 2
set xlabel "weights of the product"
set ylabel "weights a cycle"
set yrange [0:36]
set title "one row of A, memory ideal"
chosen(form) = (strcol("form") eq form && strcol("memory") eq "ideal" && column("m") == 1) ? \
               column("n") * column("k") / column("cycles") : NaN
plot for [form in "rows columns scores"] csv using (column("n") * column("k")):(chosen(form)) \
         with points pointsize 1.2 title form, \
     32 with lines dashtype 2 linecolor "black" title "what the port brings"
