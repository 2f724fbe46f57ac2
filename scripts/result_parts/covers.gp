# SPDX-License-Identifier: MIT
# Calls over (N/M)^2 for a self-attention oracle.
set xlabel "N/M"
set ylabel "calls / (N/M)²"
set xrange [1:65]
set yrange [0.9:2.1]
set key right center
plot csv using "ratio":(column("half_tiles") / column("ratio")**2) with linespoints title "half-tiles", \
     csv using "ratio":(column("cover") / column("ratio")**2) with linespoints title "best cover", \
     csv using "ratio":(column("bound") / column("ratio")**2) with lines linecolor "black" \
         title "Schönheim's bound", \
     csv using "ratio":(column("query_key") / column("ratio")**2) with lines dashtype 2 \
         title "query × key oracle"
