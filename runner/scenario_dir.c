/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/scenario_dir.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool
has_config(const char *before, int n, const char *after, char out[PATH_MAX])
{
	char profiles[PATH_MAX];
	int len = snprintf(out, PATH_MAX, "%.*s%s", n, before, after);

	return len > 0 && len < PATH_MAX &&
	       snprintf(profiles, sizeof profiles, "%s/profiles", out) < (int)sizeof profiles &&
	       access(profiles, X_OK) == 0;
}

void
scenario_config_dir(const char *file, char out[PATH_MAX])
{
	static const char *const places[] = {"/../config", "/../../config"};
	const char *given = getenv("ISOTHERM_CONFIG"), *slash = strrchr(file, '/');
	char own[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", own, sizeof own - 1);

	if (given != NULL && given[0] != '\0') {
		(void)snprintf(out, PATH_MAX, "%s", given);
		return;
	}
	while (n > 0 && own[n - 1] != '/')
		n--;
	for (size_t i = 0; n > 0 && i < sizeof places / sizeof places[0]; i++)
		if (has_config(own, (int)n, places[i], out))
			return;
	if (slash == NULL)
		file = ".";
	if (has_config(file, slash != NULL ? (int)(slash - file) : 1, places[1], out) ||
	    has_config(ISOTHERM_DATADIR, (int)strlen(ISOTHERM_DATADIR), "", out))
		return;
	out[0] = '\0';
}
