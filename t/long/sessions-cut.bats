#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What t/sessions.bats does, with every session cut in two at each of its octets. (It takes a minute, and
# CI runs it: t/run t/long/sessions-cut.bats.)

load ../helper
load ../tls
load ../sessions

@test "cut in two at every octet: the same replies and messages" {
	sessions cut
}
