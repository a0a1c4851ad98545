# SPDX-License-Identifier: ISC
# "make help" says what can be made.
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
LOCALSTATEDIR ?= /var
BUILD ?= build
CC ?= cc
# who owns the spool, as whom enqueue runs
SATCHEL_USER ?= satchel

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
TOOLS := fill clients handshakes accounts
MANUALS := $(sort $(wildcard man/*.[1-8]))
# tinycdb and libmd, linked into programs where they can be, so that these need libc alone at run time
LINK_STATIC := -Wl,--as-needed $(foreach name,cdb md,$(or $(wildcard $(shell $(CC) -print-file-name=lib$(name).a)),-l$(name)))
# what a program links beside libc (a network-facing server links nothing); t/lint checks it
LIBS_authd := -lcrypto -lcrypt
LIBS_mailuser := -lcrypto -lcrypt
LIBS_smtp-send := -lcares -lidn2 -lssl -lcrypto
LIBS_mxlookup := -lcares -lidn2 -ljansson
LIBS_mailconf := -lcares -lidn2 -lssl -lcrypto
LIBS_mta-sts := -lcurl -lcares
LIBS_tls-report := -ljansson -lz -lcares
LIBS_maillog := -ljansson -lm
LIBS_dnsbl := -lcares
LIBS_smtp-probe := -lcares -lidn2 -lssl -lcrypto -ljansson
LIBS_smtp-sink := -lssl -lcrypto
LIBS_smtp-load := -lssl -lcrypto
LIBS_tlsd := -lssl -lcrypto
LIBS_handshakes := -lssl -lcrypto
LIBS_unit := -lcares -lidn2 -lssl -lcrypto -lcrypt -ljansson

# where what is installed: people's tools in bin/, the others in sbin/
BINDIR := $(DESTDIR)$(PREFIX)/bin
SBINDIR := $(DESTDIR)$(PREFIX)/sbin
MANDIR := $(DESTDIR)$(PREFIX)/share/man
SHAREDIR := $(DESTDIR)$(PREFIX)/share/satchel
BASHDIR := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
# Debian's zsh looks there for what packages bring, everybody's for what is in /usr/local
ZSHDIR := $(DESTDIR)$(PREFIX)/share/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
USER_PROGRAMS := $(filter mxlookup smtp-probe smtp-sink smtp-load qstat maillog,$(PROGRAMS))
SYSTEM_PROGRAMS := $(filter-out $(USER_PROGRAMS),$(PROGRAMS))
SENDMAIL_NAMES := mailq newaliases runq rmail
COMPLETED := $(PROGRAMS) $(SENDMAIL_NAMES)

all: $(PROGRAMS:%=$(BUILD)/bin/%) $(BUILD)/completion/_satchel

help:
	@echo 'make            build everything into build/bin (V=1: show the commands)'
	@echo 'make deps       install what building and testing need (Debian packages, by apt-get)'
	@echo 'make demo       show mail going all the way, on loopback, in a scratch folder of build/'
	@echo 'make check      build, then run all tests (SANITIZE=1: with address and undefined-behaviour checks)'
	@echo 'make peers      the same with mail programs of others, unpacked from packages into build/peers'
	@echo 'make lint       cppcheck, manual pages, shell scripts, format, layers, linking'
	@echo 'make format     clang-format over all sources'
	@echo 'make install    into PREFIX=$(PREFIX), below DESTDIR if given; "make uninstall" takes it away'
	@echo 'make clean      remove build/'

deps:
	@sh .ci/deps

demo: all
	@BUILD=$(BUILD) bash t/demo

# $(call run,WORDS,COMMAND): one short line for each command; V=1 shows all of it.
run = $(if $(V),,@echo '  $(1)'; )$(2)

# The paths and flags that objects were compiled with: when they change, so do the objects.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' $(CC) $(CPPFLAGS) $(ALL_CFLAGS) | cmp -s - $@ || \
	    printf '%s\n' $(CC) $(CPPFLAGS) $(ALL_CFLAGS) >$@

$(BUILD)/libsatchel.a: $(LIB_OBJECTS)
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call run,cc $<,$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<)

# apart from the programs, as a program of several files is named like their folder
$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call run,cc $<,$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<)

# $(call program_rule,NAME): bin/NAME.c or bin/NAME/*.c
define program_rule
$(BUILD)/bin/$(1): $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard bin/$(1).c bin/$(1)/*.c)) $(BUILD)/libsatchel.a
	@mkdir -p $$(@D)
	$$(call run,ld $$@,$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $$(LIBS_$(1)) $$(LINK_STATIC))
endef
$(foreach program,$(PROGRAMS),$(eval $(call program_rule,$(program))))

# what shells complete: made of what the programs say of their options
$(BUILD)/completion/_satchel: $(PROGRAMS:%=$(BUILD)/bin/%) .ci/completion lib/shell/satchel.bash lib/shell/satchel.zsh bin/mailconf/files.c
	@mkdir -p $(@D)
	$(call run,completion,sh .ci/completion $(BUILD)/bin lib/shell $(@D))

# t/unit/NAME.c is a program that prints TAP; it may link what any module needs
units: $(UNITS:%=$(BUILD)/t/unit/%)
$(BUILD)/t/unit/report: $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard bin/smtp-probe/report*.c))
$(UNITS:%=$(BUILD)/t/unit/%): $(BUILD)/t/unit/%: $(BUILD)/t/unit/%.o $(BUILD)/libsatchel.a
	@mkdir -p $(@D)
	$(call run,ld $@,$(CC) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS_unit) $(LINK_STATIC))

# t/bench/NAME.c: what measurements and the tests of large queues need
tools: $(TOOLS:%=$(BUILD)/t/bench/%)
$(TOOLS:%=$(BUILD)/t/bench/%): $(BUILD)/t/bench/%: $(BUILD)/t/bench/%.o $(BUILD)/libsatchel.a
	@mkdir -p $(@D)
	$(call run,ld $@,$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_$(@F)) $(LINK_STATIC))

# Compiling is half of the time: by all processors, unless make was told otherwise.
build_all = $(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

check:
	@+umask 022 && $(build_all) all units tools
	@BUILD=$(BUILD) SANITIZE=$(SANITIZE) sh t/run

# Real servers and clients, which come as packages and take their time.
peers:
	@+umask 022 && $(build_all) all $(BUILD)/t/unit/deliver_worker
	@umask 022 && bash t/peers/fetch
	@BUILD=$(BUILD) SANITIZE=$(SANITIZE) sh t/run t/peers/*.bats

lint: all
	@BUILD=$(BUILD) CC='$(CC)' DEEP=1 sh t/lint

format:
	clang-format -i $(wildcard lib/*/*.[ch] bin/*.c bin/*/*.[ch] t/*/*.[ch])

install: all
	install -d $(BINDIR) $(SBINDIR) $(SHAREDIR)/service $(patsubst %,$(MANDIR)/man%,1 5 7 8)
	install -m 755 $(USER_PROGRAMS:%=$(BUILD)/bin/%) $(BINDIR)
	install -m 755 $(SYSTEM_PROGRAMS:%=$(BUILD)/bin/%) $(SBINDIR)
	for name in $(SENDMAIL_NAMES); do ln -sf ../sbin/sendmail $(BINDIR)/$$name || exit 1; done
	# where old callers look for it
	install -d $(DESTDIR)$(PREFIX)/lib
	ln -sf ../sbin/sendmail $(DESTDIR)$(PREFIX)/lib/sendmail
	ln -sf bsmtp $(SBINDIR)/rsmtp
	# where sendmail -bp looks for it
	ln -sf ../bin/qstat $(SBINDIR)/qstat
	for page in $(MANUALS); do install -m 644 $$page $(MANDIR)/man$${page##*.} || exit 1; done
	cp -R lib/service/. $(SHAREDIR)/service
	find $(SHAREDIR)/service -type f -exec sed -i \
	    's|@SBINDIR@|$(PREFIX)/sbin|g; s|@SPOOLDIR@|$(LOCALSTATEDIR)/spool/satchel|g' {} +
	# bash finds the file by the program's name, zsh by what its first line says
	install -d $(BASHDIR) $(ZSHDIR)
	install -m 644 $(BUILD)/completion/satchel.bash $(BASHDIR)/satchel
	for name in $(COMPLETED); do ln -sf satchel $(BASHDIR)/$$name || exit 1; done
	install -m 644 $(BUILD)/completion/_satchel $(ZSHDIR)/_satchel
	# the settings, which uninstall leaves; a folder that is there stays as it is
	[ -d $(DESTDIR)$(SYSCONFDIR)/satchel ] || install -d -m 755 $(DESTDIR)$(SYSCONFDIR)/satchel
	@sh .ci/install-rights $(SBINDIR)/enqueue $(SATCHEL_USER) $(PREFIX)

uninstall:
	rm -f $(USER_PROGRAMS:%=$(BINDIR)/%) $(SENDMAIL_NAMES:%=$(BINDIR)/%) $(SYSTEM_PROGRAMS:%=$(SBINDIR)/%) $(SBINDIR)/qstat $(SBINDIR)/rsmtp $(DESTDIR)$(PREFIX)/lib/sendmail
	for page in $(MANUALS); do rm -f $(MANDIR)/man$${page##*.}/$${page##*/} || exit 1; done
	rm -f $(COMPLETED:%=$(BASHDIR)/%) $(BASHDIR)/satchel $(ZSHDIR)/_satchel
	rm -rf $(SHAREDIR)

clean:
	rm -rf $(BUILD)

FORCE:

-include $(LIB_OBJECTS:.o=.d) $(wildcard $(BUILD)/obj/bin/*.d $(BUILD)/obj/bin/*/*.d) $(UNITS:%=$(BUILD)/t/unit/%.d) $(TOOLS:%=$(BUILD)/t/bench/%.d)
.PHONY: all help deps demo units tools check peers lint format install uninstall clean FORCE
