/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/term.h"

static void
print_code(uint32_t code, FILE *to)
{
	if (code < 0x80) {
		fputc((int)code, to);
	} else if (code < 0x800) {
		fputc((int)(0xc0u | code >> 6), to);
		fputc((int)(0x80u | (code & 0x3fu)), to);
	} else {
		fputc((int)(0xe0u | code >> 12), to);
		fputc((int)(0x80u | (code >> 6 & 0x3fu)), to);
		fputc((int)(0x80u | (code & 0x3fu)), to);
	}
}

void
plain_print(const struct cell_grid *g, bool utf8, FILE *to)
{
	for (int y = 0; y < g->h; y++) {
		int last = g->w - 1;
		while (last >= 0 && grid_at(g, last, y)->code == ' ')
			last--;
		for (int x = 0; x <= last; x++) {
			uint32_t code = grid_at(g, x, y)->code;
			print_code(utf8 ? code : grid_ascii(code), to);
		}
		fputc('\n', to);
	}
}
