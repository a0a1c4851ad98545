/* SPDX-License-Identifier: ISC */
/*
 * A picture that needs nothing else: deliveries an hour as bars, and below them the delay that half
 * and nine tenths of them had, as lines on a logarithmic scale. Its colours are told apart without
 * seeing red from green, and are read on light and dark grounds; <desc> says what it shows.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/span.h"
#include "show.h"

#define WIDTH 960
#define LEFT 60
#define RIGHT 20
#define PLOT (WIDTH - LEFT - RIGHT)
#define BARS_TOP 60
#define BARS_HEIGHT 200
#define DELAY_TOP 310
#define DELAY_HEIGHT 160
#define HEIGHT 520
#define STEPS_MAX 240 /* bars; where there are more hours, several share one */
#define HOUR 3600
#define SPAN_DECADES 7 /* of milliseconds: 1 ms to 2.8 h */

/* Some hours together. */
struct step {
	uint64_t counts[STATUS_COUNT];
	uint64_t half, most; /* p50 and p90 in ms, the largest of its hours */
	bool is_there;
};

struct picture {
	const struct summary *s;
	int64_t begins;
	int64_t width; /* of a step, seconds */
	size_t count;
	struct step steps[STEPS_MAX + 1];
	uint64_t highest;
};

static void
gather(struct picture *p)
{
	const struct hours *h = &p->s->hours;
	int64_t span;

	p->begins = h->list[0]->begins;
	span = (h->list[h->count - 1]->begins - p->begins) / HOUR + 1;
	p->width = (span + STEPS_MAX - 1) / STEPS_MAX * HOUR;
	p->count = (size_t)((span * HOUR + p->width - 1) / p->width);
	for (size_t i = 0; i < h->count; i++) {
		const struct hour *hour = h->list[i];
		struct step *step = &p->steps[(hour->begins - p->begins) / p->width];
		uint64_t half = histogram_percentile(&hour->delay, 50);
		uint64_t most = histogram_percentile(&hour->delay, 90), all = 0;

		for (int k = 0; k < STATUS_COUNT; k++)
			all += step->counts[k] += hour->counts[k];
		step->half = half > step->half ? half : step->half;
		step->most = most > step->most ? most : step->most;
		step->is_there = true;
		p->highest = all > p->highest ? all : p->highest;
	}
}

static double
x_of(const struct picture *p, size_t i)
{
	return LEFT + (double)PLOT * (double)i / (double)p->count;
}

static void
print_head(const struct picture *p)
{
	const struct summary *s = p->s;
	char from[TIME_SIZE], to[TIME_SIZE], half[SPAN_SIZE], tenth[SPAN_SIZE];

	show_time(from, "%F %H:%M", s->first);
	show_time(to, "%F %H:%M", s->last);
	printf("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" "
	       "aria-labelledby=\"title desc\">\n"
	       "<title id=\"title\">Mail from %s to %s</title>\n"
	       "<desc id=\"desc\">%" PRIu64 " deliveries sent, %" PRIu64 " deferred, %" PRIu64
	       " failed. Half of them took at most %s, nine tenths %s. Bars: deliveries in each "
	       "%" PRId64 " h, at most %" PRIu64 ". Lines: delay.</desc>\n",
	    WIDTH, HEIGHT, from, to, s->deliveries[SENT], s->deliveries[DEFERRED],
	    s->deliveries[FAILED],
	    span_text_ms(half, histogram_percentile(&s->spans[SPAN_DELAY], 50)),
	    span_text_ms(tenth, histogram_percentile(&s->spans[SPAN_DELAY], 90)), p->width / HOUR,
	    p->highest);
	puts("<style>\n"
	     "svg{color:#222;background:#fff;font:13px sans-serif}\n"
	     "text{fill:currentColor}.axis{stroke:currentColor;stroke-opacity:.35}\n"
	     ".sent{fill:#2b7bba}.deferred{fill:#e0a000}.failed{fill:#a0306a}\n"
	     ".half{stroke:#2b7bba}.most{stroke:#a0306a;stroke-dasharray:5 3}\n"
	     "polyline{fill:none;stroke-width:2}\n"
	     "@media(prefers-color-scheme:dark){svg{color:#ddd;background:#181818}}\n"
	     "</style>");
	printf(
	    "<text x=\"%d\" y=\"24\" font-size=\"17\">Mail from %s to %s</text>\n", LEFT, from, to);
}

static void
print_legend(void)
{
	int x = LEFT;

	for (int i = 0; i < STATUS_COUNT; i++, x += 100)
		printf("<rect class=\"%s\" x=\"%d\" y=\"36\" width=\"12\" height=\"12\"/>"
		       "<text x=\"%d\" y=\"47\">%s</text>\n",
		    status_words[i], x, x + 17, status_words[i]);
	printf("<text x=\"%d\" y=\"%d\">delay of half of them (line) and of nine tenths "
	       "(dashes)</text>\n",
	    LEFT, DELAY_TOP - 12);
}

static void
print_bars(const struct picture *p)
{
	double width = (double)PLOT / (double)p->count, gap = width > 4 ? 1 : 0;

	for (size_t i = 0; i < p->count; i++) {
		double y = BARS_TOP + BARS_HEIGHT;

		for (int k = 0; k < STATUS_COUNT; k++) {
			double height = BARS_HEIGHT * (double)p->steps[i].counts[k] /
					(double)(p->highest == 0 ? 1 : p->highest);

			if (p->steps[i].counts[k] == 0)
				continue;
			y -= height;
			printf("<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
			       "height=\"%.1f\"/>\n",
			    status_words[k], x_of(p, i), y, width - gap, height);
		}
	}
}

static double
y_of_delay(uint64_t ms)
{
	double decades = ms < 1 ? 0 : log10((double)ms) / SPAN_DECADES;

	return DELAY_TOP + DELAY_HEIGHT * (1 - (decades > 1 ? 1 : decades));
}

static void
print_line(const struct picture *p, const char *class, bool is_half)
{
	printf("<polyline class=\"%s\" points=\"", class);
	for (size_t i = 0; i < p->count; i++) {
		const struct step *step = &p->steps[i];
		double y = y_of_delay(is_half ? step->half : step->most);

		/* level over its step, so that a single one shows, too */
		if (step->is_there)
			printf("%.1f,%.1f %.1f,%.1f ", x_of(p, i), y, x_of(p, i + 1), y);
	}
	puts("\"/>");
}

static void
print_axes(const struct picture *p)
{
	static const struct {
		uint64_t ms;
		const char *word;
	} marks[] = {{1, "1 ms"}, {100, "0.1 s"}, {1000, "1 s"}, {10000, "10 s"}, {60000, "1 min"},
	    {600000, "10 min"}, {3600000, "1 h"}};
	char time[TIME_SIZE];
	size_t every = p->count / 8 + 1;

	printf("<path class=\"axis\" d=\"M%d %dH%dM%d %dH%d\"/>\n", LEFT, BARS_TOP + BARS_HEIGHT,
	    WIDTH - RIGHT, LEFT, BARS_TOP, WIDTH - RIGHT);
	printf("<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%" PRIu64 "</text>\n", LEFT - 6,
	    BARS_TOP + 5, p->highest);
	printf("<text x=\"%d\" y=\"%d\" text-anchor=\"end\">0</text>\n", LEFT - 6,
	    BARS_TOP + BARS_HEIGHT + 5);
	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
		printf("<path class=\"axis\" d=\"M%d %.1fH%d\"/>"
		       "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
		    LEFT, y_of_delay(marks[i].ms), WIDTH - RIGHT, LEFT - 6,
		    y_of_delay(marks[i].ms) + 4, marks[i].word);
	for (size_t i = 0; i < p->count && x_of(p, i) < WIDTH - 95; i += every)
		printf("<text x=\"%.1f\" y=\"%d\">%s</text>\n", x_of(p, i),
		    BARS_TOP + BARS_HEIGHT + 18,
		    show_time(time, "%d %b %H:%M", p->begins + (int64_t)i * p->width));
}

bool
show_svg(const struct summary *s)
{
	struct picture *p = s->hours.count == 0 ? NULL : calloc(1, sizeof *p);

	if (p == NULL)
		return false;
	p->s = s;
	gather(p);
	print_head(p);
	print_legend();
	print_axes(p);
	print_bars(p);
	print_line(p, "half", true);
	print_line(p, "most", false);
	puts("</svg>");
	free(p);
	return true;
}
