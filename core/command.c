/* SPDX-License-Identifier: Apache-2.0 */
#include "core/command.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/command_socket.h"
#include "core/log.h"

#define CONNECTIONS 16
#define GROUPS_MAX 1024 /* a user in more groups than that is judged by the primary one alone */
#define SHOWN 80        /* bytes of a request that is dropped, in the log */
#define NO_GROUP ((gid_t)-1) /* no process can have it */

struct connection {
	int fd;     /* -1: free */
	int number; /* what a room knows it by; never used twice, so a late reply can't go astray */
	bool busy;  /* a request of it waits for its result */
	uint64_t used; /* order of last use */
	enum access_level access;
	struct ucred who;
};

struct command_server {
	struct loop *loop;
	int fd;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* "" until it is ours to remove */
	gid_t operate, engineer;
	int last_number;
	uint64_t clock; /* counts uses */
	struct connection connection[CONNECTIONS];
	gid_t groups[GROUPS_MAX];
};

/* --- who asks --- */

static gid_t
group_id(const char *name)
{
	const struct group *g = getgrnam(name);

	return g ? g->gr_gid : NO_GROUP;
}

static enum access_level
group_access(const struct command_server *s, gid_t gid)
{
	if (gid == s->engineer)
		return ACCESS_ENGINEER;
	return gid == s->operate ? ACCESS_OPERATE : ACCESS_VIEW;
}

static enum access_level
peer_access(struct command_server *s, int fd, const struct ucred *who)
{
	socklen_t len = sizeof(s->groups);
	enum access_level best = group_access(s, who->gid);

	if (who->uid == 0 || who->uid == geteuid())
		return ACCESS_ENGINEER;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, s->groups, &len))
		return best;
	for (size_t i = 0; i < len / sizeof(gid_t); i++) {
		enum access_level a = group_access(s, s->groups[i]);
		if (a > best)
			best = a;
	}
	return best;
}

/* --- connections --- */

static void
drop(struct command_server *s, struct connection *c)
{
	loop_unwatch(s->loop, c->fd);
	close(c->fd);
	*c = (struct connection){.fd = -1};
}

static struct connection *
by_fd(struct command_server *s, int fd)
{
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (s->connection[i].fd == fd)
			return &s->connection[i];
	return NULL;
}

static struct connection *
by_number(struct command_server *s, int number)
{
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (s->connection[i].fd >= 0 && s->connection[i].number == number)
			return &s->connection[i];
	return NULL;
}

/* Nothing asked, neither read nor waiting to be read. */
static bool
idle(const struct connection *c)
{
	char byte;

	return !c->busy && recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

/* A free place, made by closing the connection that has been idle longest if there is none. */
static struct connection *
free_place(struct command_server *s)
{
	struct connection *oldest = by_fd(s, -1);

	if (oldest)
		return oldest;
	for (size_t i = 0; i < CONNECTIONS; i++) {
		struct connection *c = &s->connection[i];
		if ((!oldest || c->used < oldest->used) && idle(c))
			oldest = c;
	}
	if (oldest)
		drop(s, oldest);
	return oldest;
}

static int
send_text(int fd, const char *json)
{
	return send(fd, json, strlen(json), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static void
welcome(struct command_server *s)
{
	struct connection *c = free_place(s);
	struct ucred who;
	socklen_t len = sizeof(who);
	int fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return; /* it gave up; or we are out of descriptors, then the next try may do */
	if (!c)
		send_text(fd, "{\"ok\":false,\"error\":\"too many requests at once, try again\"}");
	if (!c || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) ||
	    loop_watch(s->loop, fd, true, false, s)) {
		close(fd);
		return;
	}
	s->last_number = s->last_number < INT32_MAX ? s->last_number + 1 : 1;
	*c = (struct connection){
		.fd = fd,
		.number = s->last_number,
		.used = ++s->clock,
		.access = peer_access(s, fd, &who),
		.who = who,
	};
}

/* --- requests --- */

/* The other half of command_withdraw: looked at after the request has been read, never before. */
static bool
withdrawn(const struct connection *c)
{
	struct pollfd p = {.fd = c->fd, .events = POLLRDHUP};

	return poll(&p, 1, 0) != 0; /* if that fails, it was not carried out either */
}

static int
request_read(struct command_server *s, struct connection *c, struct command_request *req)
{
	/* MSG_TRUNC: the length is that of the message, however little of it fits */
	ssize_t n = recv(c->fd, req->text, COMMAND_MAX, MSG_DONTWAIT | MSG_TRUNC);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		drop(s, c);
		return 0;
	}
	if (withdrawn(c)) {
		log_info("%s: uid %u (pid %d) has gone, so this is not carried out: %.*s", s->path,
			 (unsigned)c->who.uid, (int)c->who.pid, n < SHOWN ? (int)n : SHOWN,
			 req->text);
		drop(s, c);
		return 0;
	}
	c->used = ++s->clock;
	c->busy = true;
	if (n > COMMAND_MAX) {
		command_reply(s, c->number, "{\"ok\":false,\"error\":\"request too long\"}");
		return 0;
	}
	/* One request at a time: the next stays in the socket until this one has its result. */
	loop_watch(s->loop, c->fd, false, false, s);
	req->connection = c->number;
	req->access = c->access;
	req->uid = c->who.uid;
	req->pid = c->who.pid;
	req->len = (size_t)n;
	req->text[n] = '\0';
	return 1;
}

int
command_take(struct command_server *s, const struct loop_event *ev, struct command_request *req)
{
	if (ev->kind != LOOP_FD || ev->data != s)
		return -ENOENT;
	if (ev->fd == s->fd) {
		welcome(s);
		return 0;
	}
	struct connection *c = by_fd(s, ev->fd);
	if (!c)
		return -ENOENT;
	if (ev->readable && !c->busy)
		return request_read(s, c, req);
	if (ev->hangup)
		drop(s, c);
	return 0;
}

int
command_reply(struct command_server *s, int connection, const char *json)
{
	struct connection *c = by_number(s, connection);
	bool fits = strlen(json) <= COMMAND_MAX;

	if (!c)
		return -ENOTCONN;
	int rc = send_text(c->fd, fits ? json : "{\"ok\":false,\"error\":\"result too long\"}");
	if (!rc)
		rc = loop_watch(s->loop, c->fd, true, false, s);
	c->busy = false;
	if (rc)
		drop(s, c); /* gone, or it asks and asks and never reads */
	return rc ? rc : fits ? 0 : -EMSGSIZE;
}

/* --- the socket --- */

int
command_address(struct sockaddr_un *out, const char *run_dir, const char *name, struct errtext *err)
{
	*out = (struct sockaddr_un){.sun_family = AF_UNIX};
	int n = snprintf(out->sun_path, sizeof(out->sun_path), "%s/%s.sock", run_dir, name);
	if (n < 0 || (size_t)n >= sizeof(out->sun_path))
		return errtext_set(err, -ENAMETOOLONG, "%s/%s.sock: path too long for a socket",
				   run_dir, name);
	return 0;
}

/* A socket file that nobody listens on is left over; one that somebody does is not ours to take. */
static int
remove_stale(const struct sockaddr_un *at, struct errtext *err)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return errtext_set(err, -errno, "socket: %s", strerror(errno));
	int rc = connect(fd, (const struct sockaddr *)at, sizeof(*at)) ? -errno : 0;
	close(fd);
	if (rc == -ENOENT)
		return 0;
	if (rc != -ECONNREFUSED)
		return errtext_set(err, -EBUSY, "%s: another process listens there", at->sun_path);
	if (unlink(at->sun_path))
		return errtext_set(err, -errno, "%s: %s", at->sun_path, strerror(errno));
	return 0;
}

static int
listen_at(struct command_server *s, const struct sockaddr_un *at, struct errtext *err)
{
	s->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		return errtext_set(err, -errno, "socket: %s", strerror(errno));
	if (bind(s->fd, (const struct sockaddr *)at, sizeof(*at)))
		return errtext_set(err, -errno, "%s: %s", at->sun_path, strerror(errno));
	memcpy(s->path, at->sun_path, sizeof(s->path));
	/* Who reaches the run folder may ask; what is granted depends on who it is. */
	if (chmod(s->path, 0666) || listen(s->fd, CONNECTIONS))
		return errtext_set(err, -errno, "%s: %s", s->path, strerror(errno));
	int rc = loop_watch(s->loop, s->fd, true, false, s);
	return rc ? errtext_set(err, rc, "%s: %s", s->path, strerror(-rc)) : 0;
}

int
command_open(struct command_server **out, struct loop *loop, const char *run_dir, const char *name,
	     struct errtext *err)
{
	struct sockaddr_un at;
	struct command_server *s = calloc(1, sizeof(*s));
	if (!s)
		return errtext_set(err, -ENOMEM, "out of memory");
	s->loop = loop;
	s->fd = -1;
	s->operate = group_id("isotherm-operate");
	s->engineer = group_id("isotherm-engineer");
	for (size_t i = 0; i < CONNECTIONS; i++)
		s->connection[i].fd = -1;
	int rc = command_address(&at, run_dir, name, err);
	if (!rc)
		rc = remove_stale(&at, err);
	if (!rc)
		rc = listen_at(s, &at, err);
	if (rc)
		command_close(s);
	else
		*out = s;
	return rc;
}

void
command_close(struct command_server *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < CONNECTIONS; i++)
		if (s->connection[i].fd >= 0)
			drop(s, &s->connection[i]);
	if (s->path[0])
		unlink(s->path);
	if (s->fd >= 0) {
		loop_unwatch(s->loop, s->fd);
		close(s->fd);
	}
	free(s);
}
