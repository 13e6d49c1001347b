# SPDX-License-Identifier: Apache-2.0
# Draws what control_pictures.py wrote; `what`, `stem`, `out`, `title` and the rest are given with -e.
set border lc rgb "#444444"
set output out
if (what eq "time") {
	set terminal pngcairo size 1200,900 font "DejaVu Sans,11" background "#ffffff"
	set grid lt 1 lw 1 lc rgb "#d8d8d8"
	set multiplot layout 3,1 title title
	set lmargin 9
	set rmargin 21
	set key outside right top
	set xrange [0:300]
	set ylabel "spread, K"
	set yrange [0:*]
	file(n) = sprintf("%s-%s.dat", stem, word(names, n))
	plot for [n=1:words(names)] file(n) using 1:2 with lines lw (n == words(names) ? 2.2 : 1.3) lc rgb word(colors, n) title word(names, n), \
		limit with lines lw 1.2 dt 2 lc rgb "#b00020" title "limit"
	set ylabel "throughput, %"
	set yrange [0:105]
	plot for [n=1:words(names)] file(n) using 1:3 with lines lw (n == words(names) ? 2.2 : 1.3) lc rgb word(colors, n) title word(names, n), \
		(best > 0 ? best : 1/0) with lines lw 1.2 dt 2 lc rgb "#b00020" title "possible"
	set ylabel "hottest reticle, °C"
	set yrange [*:*]
	set xlabel "time, s"
	plot for [n=1:words(names)] file(n) using 1:4 with lines lw (n == words(names) ? 2.2 : 1.3) lc rgb word(colors, n) title word(names, n)
	unset multiplot
} else {
	set terminal pngcairo size 1200,470 font "DejaVu Sans,11" background "#ffffff"
	set palette defined (0 "#2166ac", 0.25 "#92c5de", 0.5 "#ffffbf", 0.75 "#fd8d3c", 1 "#800026")
	stats stem."-before.dat" using 3 name "B" nooutput
	stats stem."-after.dat" using 3 name "A" nooutput
	set cbrange [(A_min < B_min ? A_min : B_min):(A_max > B_max ? A_max : B_max)]
	set cblabel "°C"
	set multiplot layout 1,2 title title
	unset key
	set xrange [-0.5:11.5]
	set yrange [6.5:-0.5]
	set xtics 0,1,11
	set ytics 0,1,6
	set xlabel "zone (column)"
	set ylabel "row, the coolant comes in at 0"
	set size ratio 0.6
	set title sprintf("at %.1f s: %.2f K of %.2f", before_s, B_max - B_min, limit)
	plot stem."-before.dat" using 1:2:3 with image, "" using 1:2:(sprintf("%.1f", $3)) with labels font ",8"
	set title sprintf("at %.1f s: %.2f K of %.2f", after_s, A_max - A_min, limit)
	plot stem."-after.dat" using 1:2:3 with image, "" using 1:2:(sprintf("%.1f", $3)) with labels font ",8"
	unset multiplot
}
