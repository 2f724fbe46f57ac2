# SPDX-License-Identifier: MIT
# Error over the number of sampled key tiles: every seed, and the formula.
set logscale x 2
set logscale y 10
set format y "%g"
set xlabel "key tiles sampled, of 64 (real: of 16), 64 keys each"
set ylabel "median of |o − exact| / |exact|"
set key bottom left
set xrange [0.9:36]
set yrange [0.01:*]
plot for [name in "diffuse mean-zero real"] csv using "tiles": \
         (only(strcol("data"), name, column("median_error"))) with points linewidth 1.5 title name, \
     csv using "tiles":(only(strcol("data"), "diffuse", column("formula"))) with lines \
         linecolor "black" title "diffuse, formula"
