/* SPDX-License-Identifier: Apache-2.0 */
/* Serial ports, on pseudo terminals. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/serial.h"

static const struct serial_settings settings = {
	.baud = 19200, .parity = true, .odd = true, .stop_bits = 2};
static struct errtext err;

static void
bytes_pass_both_ways_as_they_are(void **state)
{
	uint8_t sent[256], got[256];
	char name[64];
	int slave, master = serial_pty(&slave, name, sizeof name, &err);
	int port = serial_open(name, &settings, &err);

	(void)state;
	assert_true(master >= 0 && port >= 0);
	for (size_t i = 0; i < sizeof sent; i++) /* control characters, too */
		sent[i] = (uint8_t)i;
	assert_int_equal(write(port, sent, sizeof sent), sizeof sent);
	assert_int_equal(read(master, got, sizeof got), sizeof got);
	assert_memory_equal(sent, got, sizeof got);
	assert_int_equal(write(master, sent, sizeof sent), sizeof sent);
	assert_int_equal(read(port, got, sizeof got), sizeof got);
	assert_memory_equal(sent, got, sizeof got);
	assert_int_equal(read(port, got, 1), -1);
	assert_int_equal(errno, EAGAIN);
	close(port);
	assert_int_equal(read(master, got, 1), -1); /* it lives on without the other end */
	assert_int_equal(errno, EAGAIN);
	close(slave);
	close(master);
}

static void
the_settings_are_taken(void **state)
{
	struct termios t;
	char name[64];
	int slave, master = serial_pty(&slave, name, sizeof name, &err);
	int port = serial_open(name, &settings, &err);

	(void)state;
	assert_int_equal(tcgetattr(port, &t), 0);
	assert_true(cfgetospeed(&t) == B19200 && cfgetispeed(&t) == B19200);
	assert_true((t.c_cflag & CSTOPB) != 0 && (t.c_cflag & CSIZE) == CS8);
	assert_true((t.c_lflag & (tcflag_t)(ICANON | ECHO | ISIG)) == 0);
	assert_true((t.c_iflag & (tcflag_t)(IXON | ICRNL)) == 0 && (t.c_oflag & OPOST) == 0);
	close(port);
	close(slave);
	close(master);
}

static void
what_waited_in_it_is_thrown_away(void **state)
{
	char name[64];
	uint8_t byte;
	int slave, master = serial_pty(&slave, name, sizeof name, &err), port;

	(void)state;
	assert_int_equal(write(master, "old", 3), 3);
	port = serial_open(name, &settings, &err);
	assert_int_equal(read(port, &byte, 1), -1);
	close(port);
	close(slave);
	close(master);
}

static void
a_port_is_opened_by_one_at_a_time(void **state)
{
	char name[64];
	int slave, master = serial_pty(&slave, name, sizeof name, &err);
	int port = serial_open(name, &settings, &err), again;

	(void)state;
	assert_true(port >= 0);
	again = serial_open(name, &settings, &err);
	assert_int_equal(again, -EBUSY);
	assert_non_null(strstr(err.text, name));
	close(port);
	port = serial_open(name, &settings, &err);
	if (port < 0)
		fail_msg("%s", err.text);
	close(port);
	close(slave);
	close(master);
}

static void
what_is_no_port_is_named(void **state)
{
	const struct serial_settings odd_baud = {.baud = 12345, .stop_bits = 1};
	char name[64];
	int slave, master = serial_pty(&slave, name, sizeof name, &err);

	(void)state;
	assert_int_equal(serial_open("/nowhere/ttyS0", &settings, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nowhere/ttyS0"));
	assert_int_equal(serial_open("/dev/null", &settings, &err), -ENOTTY);
	assert_non_null(strstr(err.text, "no serial port"));
	assert_int_equal(serial_open(name, &odd_baud, &err), -EINVAL);
	assert_non_null(strstr(err.text, "12345 baud"));
	close(slave);
	close(master);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_pass_both_ways_as_they_are),
		cmocka_unit_test(the_settings_are_taken),
		cmocka_unit_test(what_waited_in_it_is_thrown_away),
		cmocka_unit_test(a_port_is_opened_by_one_at_a_time),
		cmocka_unit_test(what_is_no_port_is_named),
	};

	return cmocka_run_group_tests_name("serial ports", tests, NULL, NULL);
}
