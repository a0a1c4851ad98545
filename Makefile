# SPDX-License-Identifier: ISC
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
LOCALSTATEDIR ?= /var
BUILD ?= build
CC ?= cc

CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wconversion -Wmissing-prototypes -Werror
CPPFLAGS += -D_GNU_SOURCE -D_FORTIFY_SOURCE=2 -Ilib -DSATCHEL_SBIN='"$(PREFIX)/sbin"' \
	-DSATCHEL_CONTROL_DIR='"$(SYSCONFDIR)/satchel"' -DSATCHEL_SPOOL_DIR='"$(LOCALSTATEDIR)/spool/satchel"'
ALL_CFLAGS = -std=c17 $(WARNINGS) $(CFLAGS) -fstack-protector-strong -fPIE -MMD -MP
ALL_LDFLAGS = $(LDFLAGS) -pie -Wl,-z,relro,-z,now
ifeq ($(SANITIZE),1)
BUILD := build/sanitize
CFLAGS := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS += -fsanitize=address,undefined
CPPFLAGS := $(filter-out -D_FORTIFY_SOURCE=2,$(CPPFLAGS))
endif

LIB_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard lib/*/*.c)))
PROGRAMS := $(sort $(patsubst bin/%.c,%,$(wildcard bin/*.c)) $(patsubst bin/%/,%,$(wildcard bin/*/)))
UNITS := $(sort $(patsubst t/unit/%.c,%,$(wildcard t/unit/*.c)))
# what a program links beside libc (DESIGN: a network-facing server links nothing)
LIBS_smtp-send := -lcares
LIBS_mxlookup := -lcares
LIBS_smtp-probe := -lcares
LIBS_unit := -lcares

all: $(PROGRAMS:%=$(BUILD)/bin/%)

$(BUILD)/libsatchel.a: $(LIB_OBJECTS)
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

.SECONDEXPANSION:
$(PROGRAMS:%=$(BUILD)/bin/%): $(BUILD)/bin/%: $$(patsubst %.c,$(BUILD)/%.o,$$(wildcard bin/$$*.c bin/$$*/*.c)) $(BUILD)/libsatchel.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_$*)

# t/unit/NAME.c is a program that prints TAP; it may link what any module needs
units: $(UNITS:%=$(BUILD)/t/unit/%)
$(UNITS:%=$(BUILD)/t/unit/%): $(BUILD)/t/unit/%: $(BUILD)/t/unit/%.o $(BUILD)/libsatchel.a
	@mkdir -p $(@D)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_unit)

-include $(LIB_OBJECTS:.o=.d) $(wildcard $(BUILD)/bin/*.d $(BUILD)/bin/*/*.d) $(UNITS:%=$(BUILD)/t/unit/%.d)
.PHONY: all units
