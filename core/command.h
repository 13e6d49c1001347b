/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The people's lane: a deciding room owns a Unix SOCK_SEQPACKET socket NAME.sock in the run folder
 * and drains it at its turn. A request and its result are one JSON text each, COMMAND_MAX bytes at
 * most; every request gets a result. Who asks comes from the kernel (SO_PEERCRED, SO_PEERGROUPS),
 * never from the message, and never from a look-up that can block: group names are resolved once,
 * when the socket is opened.
 *
 * A request stands as long as the one who asks holds the line. Who gives up half-closes it and then
 * looks whether the request still lies unread; the room reads a request and then looks whether the
 * line still stands. Whatever the order, one of the two sees the other: a request that was withdrawn
 * unread is never carried out, and no clock is compared.
 */
#ifndef ISOTHERM_CORE_COMMAND_H
#define ISOTHERM_CORE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/errtext.h"
#include "core/loop.h"

#define COMMAND_MAX 4096

/* Each may do what the ones before it may. */
enum access_level {
	ACCESS_NONE,
	ACCESS_VIEW,    /* whoever reaches the run folder */
	ACCESS_OPERATE, /* group isotherm-operate */
	ACCESS_ENGINEER /* group isotherm-engineer, the user that runs the room, root */
};

struct command_request {
	int connection; /* for command_reply; never used for another connection */
	enum access_level access;
	uid_t uid;
	pid_t pid;
	size_t len;
	char text[COMMAND_MAX + 1]; /* NUL-terminated JSON as sent */
};

struct command_server;

/*
 * Make run_dir/NAME.sock and watch it on `loop`; a stale socket file is replaced. -EBUSY: somebody
 * listens there. A bounded number of connections is kept; one more closes the one idle longest.
 */
int command_open(struct command_server **out, struct loop *loop, const char *run_dir,
		 const char *name, struct errtext *err);
void command_close(struct command_server *s); /* removes the socket file */

/*
 * Is this event ours? Then accept / read. 1: `req` holds a request, which needs a command_reply, now
 * or later: until then the connection's next request waits. 0: handled, nothing to answer, as of a
 * request whose sender has gone, which is logged and dropped; -ENOENT: not ours.
 */
int command_take(struct command_server *s, const struct loop_event *ev,
		 struct command_request *req);
/* -ENOTCONN: the client has gone. -EMSGSIZE: longer than COMMAND_MAX, an error was sent instead. */
int command_reply(struct command_server *s, int connection, const char *json);

/*
 * Client: one request, one result, within timeout_ms. `result` holds COMMAND_MAX + 1 bytes. 0 or
 * -errno: -EINPROGRESS: the room has read it and did not answer, so it may have been carried out;
 * -EMSGSIZE: the answer is too long; by every other it is not carried out, nor will be. `err` says
 * which.
 */
int command_call(const char *run_dir, const char *name, const char *json, int timeout_ms,
		 char *result, struct errtext *err);
/* The same for one that must not wait: a connected socket on which nothing blocks, or -errno. A
 * request is one send, its result one recv of COMMAND_MAX bytes. Closing it withdraws what the room
 * has not read. */
int command_connect(const char *run_dir, const char *name, struct errtext *err);
/* Take back what was sent on it. True: it was not read and is never carried out; false: it was read,
 * or that can't be told. The result can still be received; nothing can be sent any more. */
bool command_withdraw(int fd);

#endif
