/* SPDX-License-Identifier: Apache-2.0 */
#include "alarms/pager.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"

#define LOOK_NS NS_PER_S /* where nobody was, somebody is looked for that often */

struct line {
	int fd; /* -1 free */
	uint64_t id;
	uint32_t attempt;
};

struct pager {
	struct loop *loop;
	const char *run_dir; /* borrowed */
	int64_t look_ns;
	struct line line[PAGER_MAX];
};

static void
hang_up(struct pager *p, struct line *line)
{
	if (line->fd < 0)
		return;
	loop_unwatch(p->loop, line->fd);
	close(line->fd);
	line->fd = -1;
}

int
pager_open(struct pager **out, struct loop *loop, const char *run_dir)
{
	struct pager *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->loop = loop;
	for (uint32_t i = 0; i < PAGER_MAX; i++)
		p->line[i].fd = -1;
	p->run_dir = run_dir;
	*out = p;
	return 0;
}

void
pager_close(struct pager *p)
{
	if (!p)
		return;
	for (uint32_t i = 0; i < PAGER_MAX; i++)
		hang_up(p, &p->line[i]);
	free(p);
}

bool
pager_ready(const struct pager *p, int64_t now_ns)
{
	for (uint32_t i = 0; i < PAGER_MAX; i++)
		if (p->line[i].fd < 0)
			return now_ns >= p->look_ns;
	return false;
}

static int
dial(struct pager *p, struct line *line, const char *json)
{
	int fd = command_connect(p->run_dir, "page", NULL), rc = 0;

	if (fd < 0)
		return fd;
	if (send(fd, json, strlen(json), MSG_NOSIGNAL) < 0)
		rc = -errno;
	if (rc == 0)
		rc = loop_watch(p->loop, fd, true, false, line);
	if (rc != 0)
		close(fd);
	else
		line->fd = fd;
	return rc;
}

int
pager_send(struct pager *p, const struct page_intent *page, int64_t now_ns)
{
	char json[PAGE_JSON_MAX + 1];
	struct line *line = NULL;
	int rc = page_to_json(page, json, sizeof(json));

	for (uint32_t i = 0; i < PAGER_MAX; i++)
		if (p->line[i].fd >= 0 && p->line[i].id == page->id)
			hang_up(p, &p->line[i]); /* nobody answered there */
	for (uint32_t i = 0; i < PAGER_MAX && !line; i++)
		line = p->line[i].fd < 0 ? &p->line[i] : NULL;
	if (rc > 0)
		rc = line ? dial(p, line, json) : -EAGAIN;
	if (rc < 0) {
		p->look_ns = now_ns + LOOK_NS;
		return rc;
	}
	line->id = page->id;
	line->attempt = page->attempt;
	return 0;
}

static int
read_result(const char *text, struct page_result *result)
{
	json_t *root = json_loads(text, 0, NULL);
	const json_t *ok = json_object_get(root, "ok");
	const char *why = json_string_value(json_object_get(root, "why"));

	if (!why) /* refused at the door */
		why = json_string_value(json_object_get(root, "error"));
	result->delivered = json_is_true(ok);
	text_copy(result->why, sizeof(result->why), why ? why : "");
	int rc = json_is_boolean(ok) ? PAGER_RESULT : PAGER_LOST;
	json_decref(root);
	return rc;
}

int
pager_event(struct pager *p, const struct loop_event *ev, struct page_result *result)
{
	struct line *line = ev->data;
	char text[COMMAND_MAX + 1];

	if (ev->kind != LOOP_FD || (uintptr_t)line < (uintptr_t)p->line ||
	    (uintptr_t)line >= (uintptr_t)(p->line + PAGER_MAX))
		return -ENOENT;
	ssize_t n = recv(line->fd, text, COMMAND_MAX, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return PAGER_NOTHING;
	*result = (struct page_result){.id = line->id, .attempt = line->attempt};
	hang_up(p, line);
	if (n <= 0)
		return PAGER_LOST;
	text[n] = '\0';
	return read_result(text, result);
}
