# SPDX-License-Identifier: Apache-2.0
# Draws what figures.c wrote; run in that folder: gnuplot figures.gp
set terminal pngcairo size 1100,620 font "DejaVu Sans,12" background "#ffffff"
set style line 1 lc rgb "#1f5fa8" lw 2 pt 7 ps 1
set style line 2 lc rgb "#c8501e" lw 2 pt 5 ps 1
set style line 3 lc rgb "#2e8b57" lw 2 pt 9 ps 1.2
set style line 4 lc rgb "#777777" lw 1.5 dt 2
set style line 5 lc rgb "#b00020" lw 1.5 dt 3
set grid lt 1 lw 1 lc rgb "#d0d0d0"
set border lc rgb "#444444"

# --- W1 at rest: the map, and what each grid is off
set output "1-w1-map.png"
set multiplot layout 1,3 title "Layered slab W1 at rest under a random map of power: exact, and what the kernel is off"
unset grid
unset key
set xlabel "zone"
set xtics 0,2,11
set ytics 0,1,6
set xrange [-0.5:11.5]
set yrange [6.5:-0.5]
set size ratio 1.6
set colorbox horizontal user origin graph 0, graph -0.28 size graph 1, graph 0.04
set bmargin 9
set palette defined (0 "#ffffcc", 0.5 "#fd8d3c", 1 "#800026")
set ylabel "row along the flow"
set title "exact, °C"
plot "w1_map.dat" using 1:2:3 with image
set palette defined (-1 "#2166ac", 0 "#ffffff", 1 "#b2182b")
set cbrange [-30:30]
set cbtics 15
unset ylabel
set title "48x28 less exact, mK"
plot "w1_map.dat" using 1:2:4 with image
set title "96x56 less exact, mK"
plot "w1_map.dat" using 1:2:5 with image
unset multiplot
reset session

set terminal pngcairo size 1100,620 font "DejaVu Sans,12" background "#ffffff"
set style line 1 lc rgb "#1f5fa8" lw 2 pt 7 ps 1
set style line 2 lc rgb "#c8501e" lw 2 pt 5 ps 1
set style line 3 lc rgb "#2e8b57" lw 2 pt 9 ps 1.2
set style line 4 lc rgb "#777777" lw 1.5 dt 2
set style line 5 lc rgb "#b00020" lw 1.5 dt 3
set grid lt 1 lw 1 lc rgb "#d0d0d0"
set border lc rgb "#444444"

# --- W1 after a step
set output "2-w1-step.png"
set multiplot layout 1,2 title "Layered slab W1 after a step of power (random map), steps of 10 ms"
set logscale x
set xlabel "time after the step, s"
set ylabel "hottest reticle, °C"
set key bottom right Left reverse
set xrange [0.01:5]
plot "w1_step.dat" using 1:2 with lines lw 2 lc rgb "#999999" title "exact", "" using 1:3 with points ls 1 title "48x28", \
	"" using 1:4 with points pt 6 ps 1.6 lc rgb "#c8501e" title "96x56"
set ylabel "error over the reticles, K"
set logscale y
set key bottom left
set yrange [0.0003:1]
plot "w1_step.dat" using 1:7 with linespoints ls 1 title "48x28, greatest", "" using 1:5 with lines ls 1 dt 2 title "48x28, mean", \
	"" using 1:8 with linespoints ls 2 title "96x56, greatest", "" using 1:6 with lines ls 2 dt 2 title "96x56, mean", \
	"< printf '0.05 0.12\n5 0.12\n'" with lines ls 5 title "demanded of the mean"
unset multiplot
unset logscale
set autoscale

# --- W2 along the flow
set output "3-w2-flow.png"
set multiplot layout 1,2 title "Channelled plate W2 at rest, zones 6 to 11 at 30 %: along the flow"
set xlabel "row along the flow"
set ylabel "mean of a reticle, °C"
set key top left
set xrange [-0.3:6.3]
set xtics 0,1,6
set yrange [25:85]
plot "w2_profiles.dat" using 1:6 with lines ls 2 title "15 L/min, zone 3, full: fine", "" using 1:7 with points ls 2 title "48x28", \
	"" using 1:8 with lines lc rgb "#c8501e" lw 2 dt 2 title "15 L/min, zone 8, 30 %: fine", "" using 1:9 with points ls 2 pt 4 title "48x28", \
	"" using 1:2 with lines ls 1 title "40 L/min, zone 3, full: fine", "" using 1:3 with points ls 1 title "48x28", \
	"" using 1:4 with lines lc rgb "#1f5fa8" lw 2 dt 2 title "40 L/min, zone 8, 30 %: fine", "" using 1:5 with points ls 1 pt 6 title "48x28"
set ylabel "48x28 less fine, mK"
set yrange [-20:20]
set key top right
plot "w2_profiles.dat" using 1:(1e3*($7-$6)) with linespoints ls 2 title "15 L/min, zone 3", "" using 1:(1e3*($9-$8)) with linespoints ls 2 dt 2 pt 4 title "15 L/min, zone 8", \
	"" using 1:(1e3*($3-$2)) with linespoints ls 1 title "40 L/min, zone 3", "" using 1:(1e3*($5-$4)) with linespoints ls 1 dt 2 pt 6 title "40 L/min, zone 8"
unset multiplot
set autoscale
set xtics autofreq

# --- W2 after a step
set output "4-w2-step.png"
set multiplot layout 1,2 title "Channelled plate W2 after a step of power at 48x28: error against the fine solution"
set logscale x
set xlabel "time after the step, s"
set ylabel "error over the reticles, K"
set xrange [0.08:2.5]
set yrange [0:0.2]
set xtics (0.1, 0.2, 0.5, 1, 2)
set key top right
do for [k = 0:1] {
	set title k == 0 ? "40 L/min" : "15 L/min"
	plot "w2_step.dat" index k using 1:2 with linespoints ls 1 title "even, mean", "" index k using 1:4 with linespoints ls 2 title "half, mean", \
		"" index k using 1:6 with linespoints ls 3 title "random, mean", "" index k using 1:7 with lines ls 3 dt 2 title "random, greatest", \
		0.15 with lines ls 5 title "demanded of the mean"
}
unset multiplot
unset logscale
unset title
set autoscale
set xtics autofreq

# --- the plant from idle to full load
set output "5-plant-step.png"
set title "Plant with the reference wafer from activity .02 to full load: hottest (above) and coldest reticle"
set logscale x
set xlabel "time after the step, s"
set ylabel "silicon, °C"
set xrange [0.01:120]
set key top left
plot "plant_step.dat" using 1:2 with lines lw 5 lc rgb "#bbbbbb" title "reference", "" using 1:3 with lines lw 5 lc rgb "#bbbbbb" notitle, \
	"" using 1:4 with lines ls 1 title "48x28", "" using 1:5 with lines ls 1 notitle, \
	"" using 1:6 with points ls 2 pt 6 title "96x56", "" using 1:7 with points ls 2 pt 6 notitle
unset title
unset logscale
set autoscale

# --- energy
set output "6-energy.png"
set multiplot layout 2,1 title "Two minutes: zone 5 clogs (20 s), a pump is lost (40 s), facility +6 K (60 s), idle (80 s), load and a leak (100 s)"
set xlabel "time, s"
set ylabel "hottest reticle, °C"
set key bottom right
plot "energy.dat" using 1:3 with lines lw 4 lc rgb "#bbbbbb" title "reference", "" using 1:5 with lines ls 1 title "48x28"
set logscale y
set format y "10^{%T}"
set ylabel "energy error of a step"
set yrange [1e-15:1e-6]
set ytics 100
set key top right
plot "energy.dat" using 1:2 with lines lw 4 lc rgb "#bbbbbb" title "reference", "" using 1:4 with lines ls 1 title "48x28", 1e-9 with lines ls 5 title "demanded"
unset multiplot
unset logscale
set format y
set ytics autofreq
set autoscale

# --- laminar channels
set output "7-channel.png"
set title "Laminar flow in a rectangular channel: code, and Shah and London's values"
set xlabel "shorter over longer side"
set ylabel "f Re (Darcy)"
set y2label "Nu (H1)"
set ytics nomirror
set y2tics
set y2range [0:10]
set yrange [50:100]
set xrange [0:1]
set key top right
$published << EOD
1.0 56.908 3.608
0.5 62.192 4.123
0.25 72.931 5.331
0.125 82.339 6.490
EOD
plot "channel.dat" using 1:2 with lines ls 1 title "f Re", $published using 1:2 with points ls 1 title "published", \
	"channel.dat" using 1:3 axes x1y2 with lines ls 2 title "Nu, right", $published using 1:3 axes x1y2 with points ls 2 title "published"
