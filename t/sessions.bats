#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Whole sessions with smtpd (t/sessions), among them the examples of RFC 5321 (appendix D), 2920, 3030,
# 3207, 3461 and 4954: the replies are the ones expected, however the session comes in.

load helper
load tls
load sessions

@test "line by line: the replies expected" {
	sessions replies
}

@test "all at once, byte by byte, and cut in pieces at each octet: the same replies and messages" {
	sessions split
}
