# SPDX-License-Identifier: MIT
# What all plots have in common. Given: csv, svg.
set terminal svg size wide, 420 font "sans-serif,13" background "white"
set output svg
set datafile separator comma
set datafile columnheaders
set datafile missing NaN
set grid linecolor "#dddddd"
set key left top reverse Left samplen 2
set format y "%h"
do for [i = 1:6] {
    set style line i linewidth 2 pointtype 2 * i + 3 pointsize 0.6 \
        linecolor rgb word("#0072b2 #d55e00 #009e73 #cc79a7 #e69f00 #56b4e9", i)
}
set style increment user
# `y` where the texts in `column` are `name`; lines of the CSV that belong together stand together.
only(text, name, y) = text eq name ? y : NaN
