# SPDX-License-Identifier: Apache-2.0
# One file, non-recursive. `make help` lists the targets. Objects, archives and programs go to build/ (variants:
# build/VARIANT/); nothing else in the tree is written.
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

# --- what there is -----------------------------------------------------------------------------------------------
ROOMS := core config shell engine_sim collectors controllers alarms mqtt tui runner
# program: its main file, the rooms it may link (in link order), its libraries. What is not named here can't be linked.
PROGRAMS := isotherm isotherm-sim isotherm-collect isotherm-control isotherm-alarm isotherm-page \
	isotherm-run isotherm-scenario isotherm-hist isotherm-trend isotherm-mqtt
main_isotherm := tui/main.c
rooms_isotherm := tui shell config core
libs_isotherm := ncursesw tinfo jansson
main_isotherm-sim := engine_sim/main.c
rooms_isotherm-sim := engine_sim shell config core
libs_isotherm-sim := modbus jansson
main_isotherm-collect := collectors/main.c
rooms_isotherm-collect := collectors shell config core
main_isotherm-hist := collectors/hist_main.c
rooms_isotherm-hist := collectors shell config core
libs_isotherm-hist := rrd jansson
main_isotherm-trend := collectors/trend_main.c
rooms_isotherm-trend := collectors config core
libs_isotherm-trend := rrd jansson
main_isotherm-control := controllers/main.c
rooms_isotherm-control := controllers shell config core
libs_isotherm-control := jansson
main_isotherm-alarm := alarms/alarm_main.c
rooms_isotherm-alarm := alarms shell config core
libs_isotherm-alarm := sqlite3 jansson
main_isotherm-page := alarms/page_main.c
rooms_isotherm-page := alarms shell config core
libs_isotherm-page := jansson
main_isotherm-mqtt := mqtt/main.c
rooms_isotherm-mqtt := mqtt shell config core
libs_isotherm-mqtt := mosquitto protobuf-c jansson
main_isotherm-run := runner/run_main.c
rooms_isotherm-run := runner config core
libs_isotherm-run := jansson
main_isotherm-scenario := runner/scenario_main.c
rooms_isotherm-scenario := runner engine_sim collectors controllers alarms shell config core
libs_isotherm-scenario := modbus jansson
LIBS_ALL := yaml crypto m
MAINS := $(foreach p,$(PROGRAMS),$(main_$(p)))

# --- variants: make SAN=address,undefined | SAN=thread | COVER=1 ---------------------------------------------------
comma := ,
VARIANT := $(subst $(comma),-,$(SAN))$(if $(COVER),cover)
B := build$(if $(VARIANT),/$(VARIANT))
CC ?= gcc
ifeq ($(origin CC),default)
CC := gcc
endif
CFLAGS ?= $(if $(VARIANT),,-g)
# What runs for each system and tick is worth the larger code; tests and their variants are compiled more often than
# they are run, and leave warnings to the plain build. What CFLAGS say comes after it.
HOT := $(foreach r,core engine_sim collectors controllers alarms runner,$(r)/%)
speed_of = $(if $(VARIANT),$(if $(filter $(HOT),$(1)),-O2 -g1,-O0 -g1),$(if $(filter tests/unit/%,$(1)),-O1,$(if $(filter $(HOT),$(1)),-O3,-O2)))
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wdouble-promotion -Wfloat-equal -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wformat=2 -Wundef -Wvla -Walloca -Wcast-qual -Wcast-align=strict \
	-Wwrite-strings -Wpointer-arith -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wnull-dereference \
	-Wswitch-enum -Wimplicit-fallthrough=5 -Wdate-time -Wno-psabi
HARDEN := -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fcf-protection \
	-ftrivial-auto-var-init=zero
VERSION := 0.1.0
prefix ?= /usr/local
PKGDATADIR := $(prefix)/share/isotherm
MANDIR := $(prefix)/share/man/man1
ALL_CPPFLAGS := -I. -isystem $(B)/gen -D_GNU_SOURCE -DISOTHERM_VERSION='"$(VERSION)"' -DISOTHERM_DATADIR='"$(PKGDATADIR)"' $(CPPFLAGS)
ALL_CFLAGS := -std=c11 $(if $(VARIANT),-w -Wno-psabi,$(WARN)) $(if $(WERROR),-Werror) -fno-common -fno-fast-math -fno-math-errno \
	-fno-trapping-math -ffp-contract=off -fPIE \
	$(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all) $(if $(COVER),--coverage -O0) \
	$(if $(VARIANT),,$(HARDEN)) $(CFLAGS)
ALL_LDFLAGS := -pie $(if $(SAN),-fsanitize=$(SAN)) $(if $(COVER),--coverage) \
	$(if $(VARIANT),,-Wl$(comma)-z$(comma)relro$(comma)-z$(comma)now$(comma)-z$(comma)noexecstack) -Wl,--as-needed $(LDFLAGS)
Q := $(if $(V),,@)

# --- sources -----------------------------------------------------------------------------------------------------
src_of = $(filter-out $(MAINS),$(sort $(wildcard $(1)/*.c)))
obj_of = $(patsubst %.c,$(B)/obj/%.o,$(1))
HEADERS := $(sort $(foreach r,$(ROOMS),$(wildcard $(r)/*.h)))
# threads are watched where there are any: in the kernel's tests, and in a scenario
ARCHIVES := $(foreach r,$(if $(filter thread,$(SAN)),runner core,$(ROOMS)),$(B)/lib/$(r).a)
BINS := $(addprefix $(B)/,$(PROGRAMS))
UNIT := $(patsubst tests/unit/%.c,$(B)/tests/%,$(sort $(wildcard tests/unit/test_*.c)))

.PHONY: all help run check check-built check-all bench bench-plant bench-core bench-kill bench-day bench-control bound figures lint cover install uninstall clean tests headers FORCE
all: $(BINS)
help:
	@sed -n 's/^#: //p' Makefile
#: make              build every program into build/ (names missing packages)
#: make run          install what is missing, build, run the simulated cluster (FOR=60, PLANT=file)
#: make check        install what the tests need, build, run every test
#: make check-built  the tests alone, on what is installed
#: make lint         format, static checks, the walls between rooms
#: make bench        performance, as ratios to an anchor in the same run
#: make bench-plant  how fast the simulated plant runs, at each grid, beside a roofline
#: make bench-core   what the controllers of 64 wafers take of one core in real time
#: make bench-kill   controllers killed or stopped at 100 random instants (N=, PLANTS=4 beside each other)
#: make bench-day    a day of sixteen systems under each controller: tokens and kWh (FACTOR=12: an hour in 5 minutes)
#: make bench-control  every scenario under every controller on 16 wafers, beside the best possible (SEEDS=1-4,
#:                   SCENARIOS=s3,s4 CONTROLLERS=spi MODES=sync GRID=reference): tables, goals, pictures
#: make bound        build isotherm-bound: the best that is possible in a scenario (needs CLP)
#: make figures      pictures of the kernel beside exact solutions, in build/figures (needs gnuplot)
#: make cover        line and branch coverage by room
#: make install      DESTDIR= prefix=
#: variants: SAN=address,undefined  SAN=thread  COVER=1  WERROR=1  V=1

# Missing packages are named once, before a compiler error can hide the reason.
$(B)/.packages: .ci/packages-run .ci/need
	@mkdir -p $(B)
	@.ci/need run
	@touch $@

# Changed flags rebuild everything.
FLAGS = $(HOT) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS)
$(B)/.flags: FORCE
	@mkdir -p $(B)
	@echo '$(CC) $(subst ','\'',$(FLAGS))' | cmp -s - $@ || echo '$(CC) $(subst ','\'',$(FLAGS))' >$@

$(B)/obj/%.o: %.c $(B)/.flags $(B)/.packages
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC $<")
	$(Q)$(CC) $(ALL_CPPFLAGS) $(call speed_of,$<) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# The Sparkplug payload: code that protoc-c writes, which is not ours to warn about.
PB := $(B)/gen/mqtt/sparkplug_b.pb-c
generated_mqtt := $(B)/obj/mqtt/sparkplug_b.pb-c.o
$(PB).c $(PB).h &: mqtt/sparkplug_b.proto $(B)/.packages
	@mkdir -p $(B)/gen
	$(if $(V),,@echo "  PB $<")
	$(Q)protoc-c --c_out=$(B)/gen $<
$(generated_mqtt): $(PB).c $(B)/.flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) -O2 $(filter-out -W%,$(ALL_CFLAGS)) -w -c -o $@ $<
$(B)/obj/mqtt/payload.o $(patsubst %.c,$(B)/obj/%.o,$(wildcard tests/unit/test_session*.c)): | $(PB).h

# What a saved state of the simulator is laid out by: the headers that its structures stand in.
LAYOUT := $(B)/gen/engine_sim/layout.h
layout_of := $(wildcard engine_sim/*.h engine_sim/*.def) config/plant.h config/wafer.h config/job.h $(wildcard config/*.def)
$(LAYOUT): $(layout_of) $(B)/.flags
	@mkdir -p $(@D)
	@{ echo '$(VERSION)'; $(CC) -dumpmachine; cat $(layout_of); } | sha256sum | \
		sed 's/^\([0-9a-f]*\).*/#define SIM_LAYOUT "\1"/' >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
$(B)/obj/engine_sim/snapshot.o $(B)/obj/tests/unit/test_sim_state.o: $(LAYOUT)

define room_rules
$(B)/lib/$(1).a: $(call obj_of,$(call src_of,$(1))) $(generated_$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(Q)$$(AR) rcs $$@ $$^
endef
$(foreach r,$(ROOMS),$(eval $(call room_rules,$(r))))

define program_rules
$(B)/$(1): $(call obj_of,$(main_$(1))) $(foreach r,$(rooms_$(1)),$(B)/lib/$(r).a)
	$$(if $$(V),,@echo "  LD $$@")
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $(addprefix -l,$(libs_$(1)) $(LIBS_ALL))
endef
$(foreach p,$(PROGRAMS),$(eval $(call program_rules,$(p))))

# A unit test may include the .c it tests to reach its statics; it links every room there is in its variant.
$(B)/tests/%: $(B)/obj/tests/unit/%.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(if $(V),,@echo "  LD $@")
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< -Wl,--start-group $(ARCHIVES) -Wl,--end-group \
		-lcmocka -lncursesw -ltinfo -lmodbus -lsqlite3 -lrrd -lmosquitto -lprotobuf-c -ljansson $(addprefix -l,$(LIBS_ALL))
$(B)/tests/bench: $(B)/obj/tests/bench/bench.o $(ARCHIVES)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< -Wl,--start-group $(ARCHIVES) -Wl,--end-group -lmodbus -ljansson \
		$(addprefix -l,$(LIBS_ALL))
$(B)/tests/bench-plant: $(B)/obj/tests/bench/plant.o $(B)/lib/engine_sim.a $(B)/lib/config.a $(B)/lib/core.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lmodbus $(addprefix -l,$(LIBS_ALL))
$(B)/tests/figures: $(B)/obj/tests/bench/figures.o $(B)/lib/engine_sim.a $(B)/lib/config.a $(B)/lib/core.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcmocka -lmodbus $(addprefix -l,$(LIBS_ALL))
$(B)/tests/bench-core: $(B)/obj/tests/bench/core.o $(foreach r,$(rooms_isotherm-scenario),$(B)/lib/$(r).a)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(addprefix -l,$(libs_isotherm-scenario) $(LIBS_ALL))
# The best that a clairvoyant could do, by CLP: for benches alone, a target of its own.
BOUND := $(sort $(wildcard tests/bench/bound*.c))
$(B)/isotherm-bound: $(call obj_of,$(BOUND)) $(foreach r,$(rooms_isotherm-scenario),$(B)/lib/$(r).a)
	$(if $(V),,@echo "  LD $@")
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(addprefix -l,$(libs_isotherm-scenario) Clp $(LIBS_ALL))
.SECONDARY:
tests: $(UNIT)

# Each public header compiles alone; one that holds nothing but macros is no less a header.
headers: $(patsubst %.h,$(B)/obj/%.h.ok,$(HEADERS))
$(B)/obj/%.h.ok: %.h $(B)/.flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(filter-out -MMD,$(ALL_CFLAGS)) -Wno-pedantic -fsyntax-only -x c $<
	@touch $@

# --- what a user types ---------------------------------------------------------------------------------------------
PLANT ?= config/plants/cluster16.yaml
run:
	@.ci/need --install run
	@chmod go-w config/hooks config/hooks/* # with umask 002 a clone's are not trusted
	@$(MAKE) --no-print-directory -j"$$(nproc)" all
	@ISOTHERM_STATE="$${ISOTHERM_STATE:-$(CURDIR)/build/state}" exec $(B)/isotherm-run -c $(PLANT) $(if $(FOR),--for $(FOR))

check:
	@.ci/need --install run check
	@$(MAKE) --no-print-directory check-built
check-built:
	@tests/run

lint:
	@.ci/need --install run check
	@$(MAKE) --no-print-directory -s -j"$$(nproc)" headers
	@tests/lint
check-all:
	@FULL=1 tests/run
bench: all $(B)/tests/bench $(B)/tests/bench-core
	@tests/bench/run
bench-plant: $(B)/tests/bench-plant
	@$<
bench-core: $(B)/tests/bench-core
	@$< $(B)/bench-core.goals.json
bench-kill: all
	@/usr/bin/python3 tests/live/test_kill.py "$(or $(N),100)" "$(or $(PLANTS),4)"
bench-day: all
	@tests/bench/day --build $(B) --factor "$(or $(FACTOR),12)" --controllers "$(CONTROLLERS)"
# Reports: a goal that is missed is a red row, not an error.
$(B)/bench-core.goals.json: $(B)/tests/bench-core
	@$< $@
bench-control: all $(B)/bench-core.goals.json
	@.ci/need bench-control
	@$(MAKE) --no-print-directory $(B)/isotherm-bound
	@tests/bench/control --build $(B) --seeds "$(or $(SEEDS),1-16)" --scenarios "$(SCENARIOS)" \
		--controllers "$(CONTROLLERS)" --modes "$(MODES)" --grid "$(or $(GRID),48x28)"
figures:
	@.ci/need figures
	@$(MAKE) --no-print-directory $(B)/tests/figures
	@mkdir -p $(B)/figures
	@$(B)/tests/figures $(B)/figures
	@cd $(B)/figures && gnuplot $(CURDIR)/tests/bench/figures.gp && ls $(abspath $(B))/figures/*.png
bound:
	@.ci/need bound
	@$(MAKE) --no-print-directory $(B)/isotherm-bound
cover:
	@.ci/need --install run check
	@$(MAKE) --no-print-directory -j"$$(nproc)" COVER=1 all tests
	@tests/run --variant cover --only unit,scenario
	@gcovr -r . build/cover/obj --exclude tests --print-summary

install: all
	install -d $(DESTDIR)$(prefix)/bin $(DESTDIR)$(prefix)/sbin $(DESTDIR)$(PKGDATADIR) $(DESTDIR)$(MANDIR)
	install -m 755 $(B)/isotherm $(DESTDIR)$(prefix)/bin/
	install -m 755 $(filter-out $(B)/isotherm,$(BINS)) $(DESTDIR)$(prefix)/sbin/
	install -m 644 docs/man/isotherm.1 $(DESTDIR)$(MANDIR)/
	cp -r config/profiles config/types config/plants config/wafers config/alarms config/cases config/jobs $(wildcard config/hooks) mqtt/schema \
		$(DESTDIR)$(PKGDATADIR)/
uninstall:
	rm -f $(DESTDIR)$(prefix)/bin/isotherm $(patsubst %,$(DESTDIR)$(prefix)/sbin/%,$(filter-out isotherm,$(PROGRAMS)))
	rm -f $(DESTDIR)$(MANDIR)/isotherm.1
	rm -rf $(DESTDIR)$(PKGDATADIR)
clean:
	rm -rf build

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)
