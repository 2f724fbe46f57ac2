# SPDX-License-Identifier: MIT
# The share of bad rows, and what the audit says of it, for each kind of data and each rule.
set ylabel "rows that are off by more than 0.1, %"
set xrange [-0.7:19.7]
set yrange [0:115]
set key outside top center horizontal
set xtics rotate by -35
set ytics 20
set style fill solid 0.5
set boxwidth 0.6
set bmargin 6
kinds = "diffuse mean-zero needle real"
do for [i = 1:4] {
    set label word(kinds, i) at 5 * i - 3, 107 center
    if (i < 4) { set arrow from 5 * i - 0.5, 0 to 5 * i - 0.5, 112 nohead linecolor "#999999" }
}
bound(text) = only(strcol("valid"), text, 100 * column("bound"))
plot csv using 0:(100 * column("failing")):xtic(strcol("rule")) with boxes title "truth, all rows", \
     csv using 0:(bound("not valid")) with points linewidth 2 pointtype 2 pointsize 1.1 \
         title "the audit's 95 % bound: not valid", \
     csv using 0:(bound("valid")) with points linewidth 2 pointtype 7 pointsize 1.1 \
         title "the audit's 95 % bound: valid"
