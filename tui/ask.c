/* SPDX-License-Identifier: Apache-2.0 */
#include "tui/ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tui/request.h"

void
ask_open(struct ask *a, struct loop *loop, const char *room)
{
	*a = (struct ask){.loop = loop, .room = room, .fd = -1};
}

static void
hang_up(struct ask *a)
{
	if (a->fd >= 0) {
		loop_unwatch(a->loop, a->fd);
		close(a->fd);
	}
	a->fd = -1;
	a->in_flight = false;
}

void
ask_close(struct ask *a)
{
	hang_up(a);
	a->n = 0;
}

bool
ask_add(struct ask *a, enum ask_kind kind, uint32_t alarm, const char *key)
{
	if (a->n == ASK_LINE)
		return false;
	struct ask_item *item = &a->line[a->n++];
	item->kind = kind;
	item->alarm = alarm;
	snprintf(item->key, sizeof(item->key), "%s", key);
	return true;
}

bool
ask_waits_for(const struct ask *a, enum ask_kind kind)
{
	for (uint32_t i = 0; i < a->n; i++)
		if (a->line[i].kind == kind)
			return true;
	return false;
}

static int
give_up(struct ask *a, int rc, struct errtext *err, const char *why)
{
	hang_up(a);
	a->n = 0;
	return errtext_set(err, rc, "isotherm-%s %s", a->room, why);
}

static int
send_first(struct ask *a)
{
	const struct ask_item *item = &a->line[0];
	struct request r = {.cmd = "show", .alarm = item->key};
	if (item->kind == ASK_ACK)
		r.cmd = "ack";
	else if (item->kind == ASK_HOLDS)
		r = (struct request){.cmd = "holds", .system = item->key};
	char *text = request_text(&r);
	if (!text)
		return -ENOMEM;
	ssize_t n = send(a->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
	int rc = n < 0 ? -errno : 0;
	free(text);
	return rc;
}

/* Whether somebody has an alarm acknowledged must not be said wrongly. */
static const char *
silence(const struct ask *a)
{
	if (a->line[0].kind != ASK_ACK)
		return "does not answer";
	return command_withdraw(a->fd) ? "does not answer: not acknowledged"
				       : "does not answer: it may be acknowledged";
}

int
ask_step(struct ask *a, const char *run_dir, int64_t now_ns, struct errtext *err)
{
	int rc;
	if (a->in_flight && now_ns >= a->deadline_ns)
		return give_up(a, -ETIMEDOUT, err, silence(a));
	if (a->in_flight || a->n == 0)
		return 0;
	if (a->fd < 0) {
		a->fd = command_connect(run_dir, a->room, NULL);
		if (a->fd < 0) {
			a->fd = -1;
			return give_up(a, -ENOTCONN, err, "does not run");
		}
		rc = loop_watch(a->loop, a->fd, true, false, a);
		if (rc)
			return give_up(a, rc, err, strerror(-rc));
	}
	rc = send_first(a);
	if (rc)
		return give_up(a, rc, err, "takes no request");
	a->in_flight = true;
	a->deadline_ns = now_ns + ASK_TIMEOUT_NS;
	return 0;
}

int
ask_event(struct ask *a, const struct loop_event *ev, struct ask_item *done, struct errtext *err)
{
	if (ev->kind != LOOP_FD || a->fd < 0 || ev->fd != a->fd)
		return 0;
	ssize_t n = recv(a->fd, a->result, COMMAND_MAX, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0 || !a->in_flight)
		return give_up(a, -ECONNRESET, err, "has hung up");
	a->result[n] = '\0';
	*done = a->line[0];
	a->n--;
	memmove(a->line, a->line + 1, a->n * sizeof(a->line[0]));
	a->in_flight = false;
	if (a->n == 0)
		hang_up(a);
	return 1;
}

int64_t
ask_next_ns(const struct ask *a)
{
	return a->in_flight ? a->deadline_ns : LOOP_NEVER;
}
